"""The same drain behind ever more rows: nothing on the hot path may cost more for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.benchmark import raw
from jobs.benchmark.bench import Bench, Findings
from jobs.benchmark.drains import Drain
from jobs.benchmark.figure import Figure
from jobs.benchmark.plans import Plan, hot_plans
from jobs.benchmark.rows import add_backlog, add_finished, clean_slate, settle_down

EMPTY_TABLES = "growth, nothing before it"


def growth(bench: Bench) -> Findings:
    """Rows are added and never taken away; each drain leaves its own behind as well."""
    clean_slate()
    base = _drain(bench, EMPTY_TABLES, None)
    figures = [base]
    queued = 0
    for backlog in bench.sizes.backlogs:
        bench.progress.step(f"adding queued jobs up to {backlog:,}")
        add_backlog(backlog - queued)
        queued = backlog
        figures.append(_drain(bench, f"growth, {backlog:,} queued", base))
    bench.progress.step(f"adding {bench.sizes.million:,} finished jobs")
    add_finished(bench.sizes.million)
    figures.append(_drain(bench, "growth, all queued and finished", base))
    bench.progress.step("plans")
    settle_down()
    plans = hot_plans()
    with _old_snapshot():
        figures.append(_drain(bench, "growth, and a transaction held open", base))
    figures.append(_sequential(plans))
    return Findings(figures, [plan.as_json() for plan in plans])


def _drain(bench: Bench, name: str, base: Figure | None) -> Figure:
    """The median of the runs; while a snapshot is held, the dead tuples of each one stay."""
    one = Drain(bench.sizes.jobs)
    beside = base.value if base else None
    beside_name = "jobs/s with nothing before it" if base else ""
    [figure] = bench.median(name, lambda: [Figure(name, one.run(), "jobs/s", beside, beside_name)])
    return figure


@contextmanager
def _old_snapshot() -> Iterator[None]:
    """A transaction from before what follows: no vacuum may take away what it could still see."""
    with raw.connect() as postgres:
        postgres.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        postgres.execute("SELECT count(*) FROM jobs_worker")
        yield


def _sequential(plans: list[Plan]) -> Figure:
    return Figure(
        "plans with a sequential scan", float(sum(plan.sequential for plan in plans)), "plans"
    )
