"""A drain in which one job in twenty fails and is retried, beside one in which none does."""

from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import Drain
from tools.benchmark.figure import Figure
from tools.benchmark.rows import empty_everything

NAME = "drain, 5 % of more jobs fail"
EVERY = 20


def failures(bench: Bench) -> Findings:
    """Counts the jobs that do not fail. Both in turns: the speed of a machine varies."""
    return Findings(bench.median(NAME, lambda: [_drains(bench.sizes.jobs)]))


def _drains(jobs: int) -> Figure:
    empty_everything()
    alone = Drain(jobs).run()
    empty_everything()
    beside = Drain(jobs, poison_every=EVERY).run()
    return Figure(NAME, beside, "jobs/s", alone, "jobs/s without them")
