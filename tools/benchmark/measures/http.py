"""The API under gunicorn with two processes, beside a view that only authenticates, and one that
only inserts and pushes.
"""

from typing import Any

from jobs.models import Job
from jobs.services.enqueue.insert import BATCH
from tools.benchmark.bench import Bench, Findings
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.figure import Figure
from tools.benchmark.http_load import BARE_PATH, EMPTY_PATH, Load, load
from tools.benchmark.job_names import EMPTY
from tools.benchmark.line_load import requests_of_lines, send_lines
from tools.benchmark.processes import API_PROCESSES, api
from tools.benchmark.rows import empty_everything
from tools.benchmark.stamps import percentile
from tools.benchmark.tokens import account
from tools.benchmark.turns import in_turns

# Each process opens its connections and compiles its patterns once.
WARM_UP = 64
# Half a second of each: what else the machine does meanwhile slows both.
SLICE = 400


def http(bench: Bench) -> Findings:
    """The load comes from this process, over eight kept connections."""
    empty_everything()
    token = account()[1]
    with api() as address, load(address, token, API_PROCESSES) as calls:
        _one_each(calls, WARM_UP)
        figures = bench.median("one job a call", lambda: _one_each(calls, bench.sizes.requests))
        figures += bench.median(
            "a thousand a call", lambda: [_thousand_each(calls, bench.sizes.jobs)]
        )
        figures += bench.median(
            "a line each", lambda: [_a_line_each(address, token, bench.sizes.jobs)]
        )
    return Findings(figures)


def _one_each(calls: Load, count: int) -> list[Figure]:
    jobs = _jobs(min(SLICE, count))
    empty, bare = calls.requests(EMPTY_PATH, jobs), calls.requests(BARE_PATH, jobs)
    add_job = calls.requests("/addJob", jobs)
    seconds: list[float] = []
    limit, bare_rate, rate = in_turns(
        count,
        SLICE,
        lambda size: calls.send(empty[:size], expected=200),
        lambda size: calls.send(bare[:size], expected=202),
        lambda size: seconds.extend(calls.send(add_job[:size], expected=202)),
    )
    p50, p99 = (percentile(seconds, percent) * 1_000 for percent in (50, 99))
    return [
        Figure("/addJob", rate, "requests/s", limit, "requests/s to an empty view"),
        Figure(
            "/addJob, beside the least", rate, "requests/s", bare_rate, "INSERT + LPUSH/s in a view"
        ),
        Figure("/addJob p99, 8 connections", p99, "ms", p50, "ms, p50"),
    ]


def _thousand_each(calls: Load, count: int) -> Figure:
    sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
    add_jobs = calls.requests("/addJobs", [{"jobs": _jobs(size)} for size in sizes])
    before = Job.objects.count()
    [rate] = in_turns(count, count, lambda _: calls.send(add_jobs, expected=200))
    accepted = Job.objects.count() - before
    if accepted != count:  # 200 is also the answer to a thousand refusals
        raise BenchmarkError(f"/addJobs accepted {accepted} jobs of {count}")
    return Figure("/addJobs", rate, "jobs/s")


def _a_line_each(address: str, token: str, count: int) -> Figure:
    """Eight streams at once, on connections of their own: chance shares them out."""
    requests = requests_of_lines(address, token, _jobs(count))
    accepted: list[int] = []
    [rate] = in_turns(count, count, lambda _: accepted.append(send_lines(address, requests)))
    if accepted != [count]:
        raise BenchmarkError(f"/addJobs accepted {accepted} lines of {count}")
    return Figure("/addJobs, lines", rate, "jobs/s")


def _jobs(count: int) -> list[dict[str, Any]]:
    return [{"type": EMPTY, "payload": {"number": number}} for number in range(count)]
