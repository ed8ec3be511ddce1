"""A thousand clients that follow a job to which nothing happens, on one process of the API."""

import asyncio
import resource
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from jobs.services.enqueue import job_enqueue
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import api_process
from tools.benchmark.rows import empty_everything
from tools.benchmark.tokens import account
from tools.child import Child

STREAMS = 1_000
# In a small run there are fewer, and their memory is multiplied.
STREAMS_SMALL, JOBS_SMALL = 100, 1_000
# So many connect at a time.
CONNECTING = 50
MEGABYTE = 2**20
PAGE_BYTES = resource.getpagesize()
# Of this process, beside the streams.
OWN_FILES = 200
# The API sends one every 15 s.
HEARTBEAT_SECONDS = 40.0


def streams(bench: Bench) -> Findings:
    """Once: memory differs little from run to run."""
    empty_everything()
    count = STREAMS if bench.sizes.jobs >= JOBS_SMALL else STREAMS_SMALL
    bench.progress.step(f"{count:,} idle streams")
    _allow_files(count + OWN_FILES)
    user_id, token = account()
    job = job_enqueue(type=EMPTY, payload={"number": 0}, submitted_by_id=user_id).job_id
    with api_process(1) as (process, address):
        head = (
            f"GET /jobs/{job}/events HTTP/1.1\r\nHost: {address}\r\n"
            f"Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        megabytes, threads = asyncio.run(_held(process, address, head.encode(), count))
    return Findings(
        [
            Figure("1,000 idle streams, memory", megabytes * STREAMS / count, "MB"),
            Figure("1,000 idle streams, threads", threads, "threads"),
        ]
    )


async def _held(process: Child, address: str, head: bytes, count: int) -> tuple[float, int]:
    """Megabytes and threads that the process has more while so many streams are open."""
    before = _memory(process), _threads(process)
    opened: list[tuple[StreamReader, StreamWriter]] = []
    while len(opened) < count:
        size = min(CONNECTING, count - len(opened))
        opened += await asyncio.gather(*(_open(address, head) for _ in range(size)))
    async with asyncio.timeout(HEARTBEAT_SECONDS):
        await asyncio.gather(*(reader.readuntil(b"\n:\n\n") for reader, _ in opened))
    after = _memory(process), _threads(process)
    for _, writer in opened:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in opened))
    return (after[0] - before[0]) / MEGABYTE, after[1] - before[1]


async def _open(address: str, head: bytes) -> tuple[StreamReader, StreamWriter]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head)
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in answer.splitlines()[0]:
        raise BenchmarkError(f"a stream was refused: {answer[:300]!r}")
    return reader, writer


def _memory(process: Child) -> int:
    """Resident bytes of the process that serves."""
    pages = (Path("/proc") / _serving(process) / "statm").read_text().split()[1]
    return int(pages) * PAGE_BYTES


def _threads(process: Child) -> int:
    return len(list((Path("/proc") / _serving(process) / "task").iterdir()))


def _serving(process: Child) -> str:
    """The process below gunicorn's own."""
    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return child


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise BenchmarkError(f"a process may have {hard} open files, and needs {count}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
