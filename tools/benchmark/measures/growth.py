"""The same drain behind ever more rows: nothing on the hot path may cost more for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import mean

from tools.benchmark import raw
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import Drain
from tools.benchmark.figure import Figure
from tools.benchmark.plans import Plan, hot_plans
from tools.benchmark.rows import add_backlog, add_finished, empty_everything, vacuum_and_checkpoint

EMPTY_TABLES = "growth, nothing before it"


def growth(bench: Bench) -> Findings:
    """Rows are added and never taken away; each drain leaves its own behind as well.

    What they are compared with is measured before and after: the speed of a machine varies.
    """
    empty_everything()
    bases = [_drain(bench, EMPTY_TABLES)]
    grown = []
    queued = 0
    for backlog in bench.sizes.backlogs:
        bench.progress.step(f"adding queued jobs up to {backlog:,}")
        add_backlog(backlog - queued)
        queued = backlog
        grown.append(_drain(bench, f"growth, {backlog:,} queued"))
    bench.progress.step(f"adding {bench.sizes.million:,} finished jobs")
    add_finished(bench.sizes.million)
    grown.append(_drain(bench, "growth, all queued and finished"))
    bench.progress.step("plans")
    vacuum_and_checkpoint()
    plans = hot_plans()
    with _old_snapshot():
        grown.append(_drain(bench, "growth, and a transaction held open"))
    empty_everything()
    bases.append(_drain(bench, EMPTY_TABLES))
    base = replace(bases[0], value=mean(one.value for one in bases))
    beside = [_beside(one, base) for one in grown]
    return Findings([base, *beside, _sequential(plans)], [plan.as_json() for plan in plans])


def _drain(bench: Bench, name: str) -> Figure:
    """The median of the runs; while a snapshot is held, the dead tuples of each one stay."""
    one = Drain(bench.sizes.jobs)
    [figure] = bench.median(name, lambda: [Figure(name, one.run(), "jobs/s")])
    return figure


def _beside(figure: Figure, base: Figure) -> Figure:
    return replace(figure, raw=base.value, raw_name="jobs/s with nothing before it", ratio=None)


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
