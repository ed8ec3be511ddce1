"""What writes the demonstration's rows: where chance, ids and moments come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from jobs.services.demo.calendar import Stamps
from jobs.services.demo.clients import Clients
from jobs.services.demo.rows import EventRow, Ids, JobRow, KeyRow, LetterRow, ResultRow


@dataclass
class Pen:
    """`workers`: ids of workers as text; `ends_ms`: now, in milliseconds since 1970.

    Rows lie in the lists until they are taken: jobs soon, the others when their jobs are written.
    """

    random: Random
    clients: Clients
    workers: Sequence[str]
    ends_ms: int
    stamp: Stamps = field(default_factory=Stamps)
    jobs: list[JobRow] = field(default_factory=list)
    letters: list[LetterRow] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    results: list[ResultRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.id = Ids(self.random)

    def number(self) -> int:
        """The number of the next job, from 1 on."""
        self.count += 1
        return self.count

    def not_after_now(self, ms: int) -> int:
        """The moment, or now where that lies ahead."""
        return min(ms, self.ends_ms)
