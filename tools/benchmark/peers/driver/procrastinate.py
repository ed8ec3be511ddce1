"""procrastinate: jobs in PostgreSQL, workers on asyncio. Run as a module it is a worker."""

import asyncio
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from procrastinate import App, PsycopgConnector

from tools.benchmark.job_names import SLEEP_SECONDS
from tools.benchmark.peers.driver.measured import EMPTY, SLEEP, STAMP, payloads
from tools.benchmark.peers.driver.tables import Tables
from tools.benchmark.stamp_line import leave_stamp

SLOTS = 10
CONNECTIONS = 10
# A worker that was frozen for a few turns is not to be taken for dead.
STALLED_SECONDS = 3_600.0

# Rows stay when their jobs are done; a partial index has those that are not.
_LAST = """
    SELECT id FROM procrastinate_jobs WHERE status IN ('todo', 'doing') ORDER BY id DESC LIMIT 1
"""

app = App(
    connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"], max_size=CONNECTIONS),
)


@app.task(name=EMPTY)
async def empty(number: int) -> None:
    """Does nothing."""


@app.task(name=SLEEP)
async def sleep(number: int) -> None:
    """Waits as for an answer from elsewhere."""
    await asyncio.sleep(SLEEP_SECONDS)


@app.task(name=STAMP)
async def stamp(since: float) -> None:
    """Leaves how long it took."""
    leave_stamp(since)


TASKS = {EMPTY: empty, SLEEP: sleep, STAMP: stamp}


class Procrastinate:
    """With its defaults, apart from how many jobs run at once."""

    version = version("procrastinate")
    tables = ("procrastinate_jobs", "procrastinate_events")
    ready = "ready"
    program = sys.executable

    def __init__(self) -> None:
        self._table = Tables(self.tables)
        app.open()

    def prepare(self) -> None:
        app.schema_manager.apply_schema()

    def worker(self, slots: int | None) -> Sequence[str]:
        return ["-m", __name__, str(slots or SLOTS)]

    def accept_each(self, kind: str, count: int) -> None:
        for payload in payloads(kind, count):
            TASKS[kind].defer(**payload)

    def accept(self, kind: str, count: int) -> None:
        TASKS[kind].batch_defer(*payloads(kind, count))

    def is_done(self) -> bool:
        return self._table.ask(_LAST) is None

    def forget(self) -> None:
        """There is nothing else."""

    def end(self) -> None:
        self._table.close()
        app.close()


async def work(slots: int) -> None:
    """Takes jobs until it is told to stop."""
    async with app.open_async():
        print("ready", flush=True)
        await app.run_worker_async(concurrency=slots, stalled_worker_timeout=STALLED_SECONDS)


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
