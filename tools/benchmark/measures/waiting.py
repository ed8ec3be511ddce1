"""A hundred clients that wait, each for a job: from the end of the job to the answer."""

import asyncio
import json
import time
from datetime import UTC, datetime

from jobs.models import Job
from jobs.services.enqueue import Enqueued, JobRequest, jobs_enqueue
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.figure import Figure
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import api, workers
from tools.benchmark.rows import empty_everything
from tools.benchmark.stamps import percentile
from tools.benchmark.tokens import account

CLIENTS = 100
DUE_PER_SECOND = 50
# All wait before the first job is due.
AHEAD_SECONDS = 3.0
WAIT_SECONDS = 60


def waiting(bench: Bench) -> Findings:
    """Jobs end one after another, 50 a second; who has an answer waits for the next one."""
    count = max(CLIENTS, bench.sizes.pickups)
    return Findings(bench.median("100 clients wait", lambda: _waits(count)))


def _waits(count: int) -> list[Figure]:
    empty_everything()
    user_id, token = account()
    with api() as address, workers():
        first = time.time() + AHEAD_SECONDS
        moments = [first + number / DUE_PER_SECOND for number in range(count)]
        accepted = jobs_enqueue(
            requests=[_request(moment) for moment in moments], submitted_by_id=user_id
        )
        ids = [str(one.job_id) for one in accepted if isinstance(one, Enqueued)]
        answered = asyncio.run(_answered(address, token, ids))
    ended = Job.objects.filter(finished_at__isnull=False).values_list("id", "finished_at")
    waits = sorted((answered[str(one)] - at.timestamp()) * 1_000 for one, at in ended if at)
    return [
        Figure("wait: final to answer p50, 100 waiting", percentile(waits, 50), "ms"),
        Figure("wait: final to answer p99, 100 waiting", percentile(waits, 99), "ms"),
    ]


def _request(moment: float) -> JobRequest:
    return JobRequest(type=EMPTY, payload={"number": 0}, run_at=datetime.fromtimestamp(moment, UTC))


async def _answered(address: str, token: str, ids: list[str]) -> dict[str, float]:
    """When the client had the answer that its job has ended, by id, in seconds since 1970."""
    answered: dict[str, float] = {}
    shares = [ids[start::CLIENTS] for start in range(CLIENTS)]
    await asyncio.gather(*(_client(address, token, share, answered) for share in shares))
    return answered


async def _client(address: str, token: str, share: list[str], answered: dict[str, float]) -> None:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for job_id in share:
        head = f"GET /jobs/{job_id}?wait={WAIT_SECONDS} HTTP/1.1\r\nHost: {address}\r\n"
        writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n".encode())
        status, body = await _answer(reader)
        answered[job_id] = time.time()
        if status != 200 or json.loads(body)["state"] != "succeeded":
            raise BenchmarkError(f"a wait ended with {status}: {body[:300]!r}")
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length)
