"""Named places in the code path where a process may die at the worst moment.

Nothing happens unless a test has armed the place. `docs/guarantees.md` lists what must hold when
a process is killed at each of them.
"""

from collections.abc import Callable

COMMIT_PUSH = "commit-push"  # the row is committed, its id is not in Redis yet
POP_CLAIM = "pop-claim"  # the id is out of Redis, the row is still queued
CLAIM_START = "claim-start"  # the row is running, the handler has not begun
BEFORE_EFFECT = "before-effect"  # the handler says that its effect begins; not written yet
EFFECT_BEGUN = "effect-begun"  # that is written, and the handler does not know it yet
EFFECT_RECORD = "effect-record"  # the handler has returned, its outcome is not written yet
RECORD_MARK = "record-mark"  # the outcome is written, the cache mark is not yet

ALL = (
    COMMIT_PUSH,
    POP_CLAIM,
    CLAIM_START,
    BEFORE_EFFECT,
    EFFECT_BEGUN,
    EFFECT_RECORD,
    RECORD_MARK,
)

_armed: dict[str, Callable[[], None]] = {}


def arm(name: str, action: Callable[[], None]) -> None:
    """Has `action` called each time the place is reached. Raises ValueError for an unknown name."""
    if name not in ALL:
        raise ValueError(f"unknown kill point {name!r}; known: {', '.join(ALL)}")
    _armed[name] = action


def reached(name: str) -> None:
    """Says that the code path has come to the place. Costs one look-up where nothing is armed."""
    if _armed and name in _armed:
        _armed[name]()
