"""The drain of one process through PgBouncer, beside the one that connects directly."""

import os
import tempfile
from pathlib import Path

from tools.benchmark.bench import Bench, Findings
from tools.benchmark.drains import Drain
from tools.benchmark.figure import Figure
from tools.benchmark.rows import empty_everything
from tools.servers.pgbouncer import PgBouncer

NAME = "drain, through a pooler"


def pooler(bench: Bench) -> Findings:
    """Both in turns: the speed of a machine varies."""
    with tempfile.TemporaryDirectory() as directory:
        server = PgBouncer(_passable(directory), os.environ["DATABASE_URL"])
        server.start()
        try:
            return Findings(bench.median(NAME, lambda: [_drains(bench, server.url)]))
        finally:
            server.stop()


def _drains(bench: Bench, url: str) -> Figure:
    empty_everything()
    direct = Drain(bench.sizes.jobs).run()
    empty_everything()
    pooled = Drain(bench.sizes.jobs, database_url=url).run()
    return Figure(NAME, pooled, "jobs/s", direct, "jobs/s directly")


def _passable(directory: str) -> Path:
    """Another user than this one may run the server."""
    path = Path(directory)
    path.chmod(0o711)
    return path / "pooler"
