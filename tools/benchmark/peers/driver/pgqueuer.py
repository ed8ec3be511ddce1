"""pgqueuer: jobs in PostgreSQL, workers on asyncio. Run as a module it is a worker."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

import asyncpg
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job

from tools.benchmark.job_names import SLEEP_SECONDS
from tools.benchmark.peers.driver.measured import EMPTY, SLEEP, STAMP, payloads
from tools.benchmark.peers.driver.tables import Tables
from tools.benchmark.stamp_line import leave_stamp

# Jobs a dequeue, where nothing limits how many run at once.
BATCH_SIZE = 200

# Rows are deleted when their jobs are done; see `graphile.py`.
_LAST = "SELECT id FROM pgqueuer ORDER BY id DESC LIMIT 1"


class PgQueuerSystem:
    """With asyncpg, and tables that survive a crash, which is its default."""

    version = version("pgqueuer")
    tables = ("pgqueuer", "pgqueuer_log")
    ready = "ready"
    program = sys.executable

    def __init__(self) -> None:
        self._table = Tables(self.tables)
        self._runner = asyncio.Runner()
        self._connection = self._runner.run(_connected())
        self._queries = Queries(AsyncpgDriver(self._connection))

    def prepare(self) -> None:
        self._runner.run(self._queries.install())

    def worker(self, slots: int | None) -> Sequence[str]:
        return ["-m", __name__, str(slots or 0)]

    def accept_each(self, kind: str, count: int) -> None:
        self._runner.run(self._accept_each(kind, count))

    def accept(self, kind: str, count: int) -> None:
        self._runner.run(self._accept(kind, count))

    def is_done(self) -> bool:
        return self._table.ask(_LAST) is None

    def forget(self) -> None:
        """There is nothing else."""

    def end(self) -> None:
        self._table.close()
        self._runner.run(self._connection.close())
        self._runner.close()

    async def _accept_each(self, kind: str, count: int) -> None:
        for payload in payloads(kind, count):
            await self._queries.enqueue(kind, json.dumps(payload).encode(), 0)

    async def _accept(self, kind: str, count: int) -> None:
        if self._connection.is_closed():
            self._connection = await _connected()
            self._queries = Queries(AsyncpgDriver(self._connection))
        bodies: list[bytes | None] = [json.dumps(one).encode() for one in payloads(kind, count)]
        await self._queries.enqueue([kind] * count, bodies, [0] * count)


async def _connected() -> asyncpg.Connection:
    return await asyncpg.connect(os.environ["DATABASE_URL"])


async def work(slots: int) -> None:
    """Takes jobs until it is told to stop; `slots`: at most so many at once, 0 for any number."""
    queue = PgQueuer.from_asyncpg_connection(await _connected())

    @queue.entrypoint(EMPTY)
    async def empty(job: Job) -> None:
        pass

    @queue.entrypoint(SLEEP)
    async def sleep(job: Job) -> None:
        await asyncio.sleep(SLEEP_SECONDS)

    @queue.entrypoint(STAMP)
    async def stamp(job: Job) -> None:
        leave_stamp(json.loads(job.payload or b"")["since"])

    print("ready", flush=True)
    if slots:
        await queue.run(batch_size=slots // 2, max_concurrent_tasks=slots)
    else:
        await queue.run(batch_size=BATCH_SIZE)


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
