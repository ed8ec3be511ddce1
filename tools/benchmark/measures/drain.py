"""20,000 empty jobs: with one process, with one for each core, and with keys of the client's."""

from tools.benchmark import raw
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import Drain
from tools.benchmark.figure import Figure
from tools.benchmark.rows import empty_everything

RAW = "rows/s claimed and finished"


def drain(bench: Bench) -> Findings:
    """The limit beside them is measured just before: one claim and one finish for each row."""
    jobs, processes = bench.sizes.jobs, bench.sizes.processes
    drains = {
        "drain, 1 process": Drain(jobs),
        "drain, 1 process per core": Drain(jobs, processes=processes),
        "drain, 1 process, client keys": Drain(jobs, keyed=True),
    }
    figures = [
        figure
        for name, one in drains.items()
        for figure in bench.median(name, lambda name=name, one=one: [_figure(name, one)])  # type: ignore[misc]
    ]
    figures += bench.median("bare BRPOP loop", lambda: [_brpop(jobs)])
    return Findings(figures)


def _figure(name: str, one: Drain) -> Figure:
    empty_everything()
    limit = raw.claim_and_finish(one.jobs)
    return Figure(name, one.run(), "jobs/s", limit, RAW)


def _brpop(count: int) -> Figure:
    return Figure("raw: bare BRPOP loop", raw.brpop(count), "ids/s")
