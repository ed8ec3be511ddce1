"""What is submitted: e-mails that must not be repeated, and other jobs beside them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

ONCE = ("send_email", "send_welcome_email")
IDEMPOTENT = ("chaos.append", "chaos.span", "chaos.keyed_span")
TRANSACTIONAL = "chaos.insert"

# Twenty jobs in a row. Most are e-mails: customers notice one that comes twice.
_MIX = (
    *("send_email", "send_email", "send_welcome_email", "chaos.append", "send_email"),
    *("chaos.insert", "send_email", "send_email", "send_email", "chaos.append"),
    *("send_email", "send_welcome_email", "send_email", "chaos.insert", "send_email"),
    *("send_email", "chaos.append", "send_email", "chaos.insert", "send_email"),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One job to submit. `effect` names what is to happen once; `options`: more that is said."""

    key: str
    type: str
    effect: str
    payload: dict[str, Any]
    delay_seconds: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """What is sent to the API."""
        body = {
            "type": self.type,
            "payload": self.payload,
            "idempotency_key": self.key,
            **self.options,
        }
        return {**body, "delay": self.delay_seconds} if self.delay_seconds else body


def planned(
    run: str, seconds: float, delay: Callable[[int], float] = lambda number: 0.0
) -> Iterator[Planned]:
    """Yields jobs without end. `run` is part of every name; `seconds`: how long the work takes."""
    for number in count():
        job_type = _MIX[number % len(_MIX)]
        key = f"{run}-{number}"
        effect, payload = _effect(job_type, key, seconds)
        yield Planned(key, job_type, effect, payload, delay(number))


def _effect(job_type: str, key: str, seconds: float) -> tuple[str, dict[str, Any]]:
    """The name of the effect, and the payload that causes it."""
    address = f"user{key}@example.com"
    match job_type:
        case "send_email":
            return address, {"to": [address], "subject": f"Chaos {key}", "text": "Once, please."}
        case "send_welcome_email":
            return address, {"email": address}
        case _:
            return key, {"effect": key, "seconds": seconds}
