"""How much is measured: everything follows from the number of jobs in one drain."""

from dataclasses import dataclass

JOBS_DEFAULT = 20_000
JOBS_QUICK = 2_000


@dataclass(frozen=True)
class Sizes:
    """With 20,000 jobs the growth and memory measures reach a million."""

    jobs: int
    repeat: int
    processes: int

    @property
    def io_jobs(self) -> int:
        return max(1, self.jobs // 2)

    @property
    def single_enqueues(self) -> int:
        return max(10, self.jobs // 10)

    @property
    def pickups(self) -> int:
        return max(10, self.jobs // 40)

    @property
    def idle_seconds(self) -> float:
        """Half a minute: the slowest timer has come once."""
        return max(2.0, self.jobs / 20_000 * 30)

    @property
    def delayed(self) -> int:
        return max(10, self.jobs // 10)

    @property
    def schedules(self) -> int:
        return max(10, self.jobs // 20)

    @property
    def requests(self) -> int:
        return max(16, self.jobs // 5)

    @property
    def backlogs(self) -> list[int]:
        """10 thousand, 100 thousand and 1 million behind drains of 20,000."""
        return [self.jobs // 2, self.jobs * 5, self.million]

    @property
    def million(self) -> int:
        return self.jobs * 50
