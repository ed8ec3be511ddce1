"""Limits: how many jobs may be admitted at once, and how many in a time; their names and rules."""

import re
from hashlib import sha256
from typing import NamedTuple

from jobs.core.clock import DAY_SECONDS
from jobs.core.errors import JobsError
from jobs.core.storable import is_storable

# Length of the column `Limit.name`, in characters.
LIMIT_NAME_MAX = 400
# In place of a limit's name in `Job.held_by`: the job's `run_at` lies ahead.
UNTIL_DUE = "run_at"

# Length of the columns `fairness_key`, in characters.
FAIRNESS_KEY_MAX = 255

MAX_CONCURRENCY_MAX = 100_000
RATE_TOKENS_MAX = 1_000_000

RATE_PATTERN = r"^([1-9][0-9]*)/([1-9][0-9]*)?([smhd])$"

_RATE = re.compile(RATE_PATTERN)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": float(DAY_SECONDS)}


class Rate(NamedTuple):
    """`tokens` in `seconds`, and up to `burst` of them at once after a pause."""

    tokens: int
    seconds: float
    burst: int

    @property
    def as_text(self) -> str:
        """As `parse_rate` takes it: in the largest unit that divides its time."""
        unit, seconds = next(
            (unit, size) for unit, size in reversed(_SECONDS.items()) if self.seconds % size == 0
        )
        number = int(self.seconds / seconds)
        return f"{self.tokens}/{'' if number == 1 else number}{unit}"


class LimitRule(NamedTuple):
    """What a limit allows; None where it sets no bound."""

    max_concurrency: int | None = None
    rate: Rate | None = None


class LimitInvalid(JobsError, ValueError):
    """What a limit is asked to be makes no sense; the message says why, with an example."""


def queue_limit_name(queue: str) -> str:
    """The limit of a queue."""
    return f"queue:{queue}"


def type_limit_name(job_type: str) -> str:
    """The limit of a type."""
    return f"type:{job_type}"


def key_limit_name(job_type: str, key: str) -> str:
    """The limit of what a type derives from the payload.

    A key is hashed that is too long, or that PostgreSQL does not store.
    """
    name = f"key:{job_type}:{key}"
    if len(name) <= LIMIT_NAME_MAX and is_storable(name):
        return name
    return f"key:{job_type}:sha256-{sha256(key.encode(errors='surrogatepass')).hexdigest()}"


def type_of_limit(name: str) -> str | None:
    """The type that a limit belongs to; None for that of a queue."""
    kind, _, rest = name.partition(":")
    if kind == "type":
        return rest
    return rest.partition(":")[0] if kind == "key" else None


def parse_rate(text: str, burst: int | None = None) -> Rate:
    """`100/m` is 100 in a minute, `5/10s` five in ten seconds; s, m, h and d.

    `burst`: how many at once after a pause; by default what comes in a second, at least 1.
    Raises ValueError with what is wrong and an example.
    """
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a rate; write for example '100/m', '5/10s' or '1000/h'")
    tokens, seconds = int(match[1]), int(match[2] or 1) * _SECONDS[match[3]]
    if tokens > RATE_TOKENS_MAX or seconds > 366 * DAY_SECONDS:
        raise ValueError(f"{text!r} is beyond {RATE_TOKENS_MAX:,} in a year")
    if burst is None:
        burst = max(1, round(tokens / seconds))
    if isinstance(burst, bool) or not isinstance(burst, int) or not 1 <= burst <= RATE_TOKENS_MAX:
        raise ValueError(f"the burst is {burst!r}; make it 1 to {RATE_TOKENS_MAX:,}")
    return Rate(tokens, seconds, burst)


def limit_rule(max_concurrency: int | None, rate: str | None, burst: int | None) -> LimitRule:
    """The rule that these say, as people write it; raises ValueError with what is wrong."""
    if rate is None and burst is not None:
        raise ValueError("a burst needs a rate, for example '100/m'")
    return LimitRule(
        None if max_concurrency is None else checked_concurrency(max_concurrency),
        None if rate is None else parse_rate(rate, burst),
    )


def checked_concurrency(value: object) -> int:
    """How many may be admitted at once; raises ValueError with what is wrong."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 1 <= value <= MAX_CONCURRENCY_MAX
    ):
        raise ValueError(
            f"a concurrency of {value!r} makes no sense; choose 1 to {MAX_CONCURRENCY_MAX:,}, or "
            "pause the queue to run nothing"
        )
    return value
