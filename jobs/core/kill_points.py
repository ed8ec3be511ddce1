"""Named places in the code path where a process may die at the worst moment.

Nothing happens here unless a test has armed the place; `docs/guarantees.md` lists what must
hold when a process is killed at each of them.
"""

from collections.abc import Callable

COMMIT_PUSH = "commit-push"  # the row is committed, Redis has not been rung
POP_CLAIM = "pop-claim"  # the id is out of Redis, the row is still queued
CLAIM_START = "claim-start"  # the row is running, the handler has not begun
EFFECT_RECORD = "effect-record"  # the handler has returned, the ledger does not know
RECORD_MARK = "record-mark"  # the ledger knows, L1 does not

ALL = (COMMIT_PUSH, POP_CLAIM, CLAIM_START, EFFECT_RECORD, RECORD_MARK)

_armed: dict[str, Callable[[], None]] = {}


def arm(name: str, action: Callable[[], None]) -> None:
    """Lets `action` happen each time the place is reached."""
    if name not in ALL:
        raise ValueError(f"unknown kill point {name!r}; known: {', '.join(ALL)}")
    _armed[name] = action


def reached(name: str) -> None:
    """The code path has come to the place."""
    if _armed and name in _armed:
        _armed[name]()
