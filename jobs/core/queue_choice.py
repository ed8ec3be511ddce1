"""Which queues a worker takes from, and by which rule, as operators write it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

WEIGHT_MAX = 1_000
TURNS, STRICT = "turns", "strict"
QUEUE_ORDERS = (TURNS, STRICT)

_WEIGHT = re.compile(r"[0-9]{1,9}")
_EXAMPLE = "for example critical:6,default:3,bulk:1"


@dataclass(frozen=True, slots=True)
class QueueChoice:
    """The queues of a worker, and the rule between them.

    `weights`: the share of each queue where all of them are full; empty without weights. Then, in
    `TURNS`, the most urgent job of any queue comes first, and queues take turns within a
    priority; in `STRICT` order a queue is taken from only while those before it are empty.
    """

    names: list[str]
    weights: dict[str, int] = field(default_factory=dict)
    order: str = TURNS

    def __str__(self) -> str:
        """The names as operators write them."""
        return ", ".join(
            f"{name}:{self.weights[name]}" if self.weights else name for name in self.names
        )


def queue_choice(entries: Sequence[str], known: Sequence[str], order: str = TURNS) -> QueueChoice:
    """The choice that `name` or `name:weight` entries describe.

    `known`: the queues that exist; `order`: of `QUEUE_ORDERS`. Raises ValueError with one sentence.
    """
    pairs = [_name_and_weight(entry.strip()) for entry in entries if entry.strip()]
    names = [name for name, _ in pairs]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"choose from {', '.join(known)}; {unknown[0][:80]!r} is no queue")
    if not names:
        raise ValueError(f"choose from {', '.join(known)}; no queue is named")
    weights = {name: weight for name, weight in pairs if weight is not None}
    if weights and len(set(names)) < len(names):
        raise ValueError(f"a queue is named twice; give each one weight, {_EXAMPLE}")
    if weights and len(weights) < len(names):
        missing = next(name for name, weight in pairs if weight is None)
        raise ValueError(
            f"{missing[:80]!r} has no weight; give one to each queue or to none, {_EXAMPLE}"
        )
    if weights and order != TURNS:
        raise ValueError("weights and strict order exclude one another; leave one of them out")
    return QueueChoice(list(dict.fromkeys(names)), weights, order)


def _name_and_weight(entry: str) -> tuple[str, int | None]:
    name, colon, weight = entry.partition(":")
    if not colon:
        return name, None
    if not _WEIGHT.fullmatch(weight) or not 1 <= int(weight) <= WEIGHT_MAX:
        raise ValueError(
            f"{entry[:80]!r} has no weight that makes sense; make it a whole number from 1 to "
            f"{WEIGHT_MAX}, {_EXAMPLE}"
        )
    return name, int(weight)
