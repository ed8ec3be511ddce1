"""What the driver needs of a system, whichever it is."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

# What a job does: nothing; wait 10 ms; leave how long it has waited.
EMPTY, SLEEP, STAMP = KINDS = ("empty", "sleep", "stamp")

# With one call of a system that takes many jobs at once.
BATCH = 1_000


class MeasuredSystem(Protocol):
    """One job queue, through its public interface, set up for speed as its documents say."""

    @property
    def version(self) -> str: ...

    @property
    def tables(self) -> Sequence[str]:
        """Of its jobs, which are emptied between turns; none where PostgreSQL holds none."""
        ...

    @property
    def ready(self) -> str:
        """What a worker says when it takes jobs."""
        ...

    @property
    def program(self) -> str:
        """What runs a worker."""
        ...

    def prepare(self) -> None:
        """Makes the tables."""
        ...

    def worker(self, slots: int | None) -> Sequence[str]:
        """The arguments of a worker; `slots`: how many jobs wait at once, or as it is best."""
        ...

    def accept_each(self, kind: str, count: int) -> None:
        """Enqueues them one by one, each committed."""
        ...

    def accept(self, kind: str, count: int) -> None:
        """Enqueues at most BATCH at once."""
        ...

    def is_done(self) -> bool:
        """Whether no job waits or runs. Asked a hundred times a second: it must cost little."""
        ...

    def forget(self) -> None:
        """Forgets what jobs have left outside of PostgreSQL."""
        ...

    def end(self) -> None:
        """Leaves nothing behind."""
        ...


def payloads(kind: str, count: int) -> Iterator[dict[str, Any]]:
    """The payload of each job; a stamp says the moment at which it is made."""
    for number in range(count):
        yield {"since": time.time()} if kind == STAMP else {"number": number}
