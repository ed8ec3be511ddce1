"""What one job costs, from the call that accepts it to the row that it leaves."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jobs.core.ids import uuid7
from jobs.services.enqueue import JobRequest, job_enqueue, jobs_enqueue
from jobs.services.enqueue.insert import BATCH
from tools.benchmark.drains import wait_until_done
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.benchmark.rows import empty_everything, vacuum_and_checkpoint
from tools.capacity.measured import Reading, Taken, taken
from tools.child import Child

# The first jobs of a worker compile patterns, fill caches and open connections.
_WARM_UP = 2_000


@dataclass(frozen=True)
class Sort:
    """Jobs of one sort: `request` makes the n-th."""

    name: str
    request: Callable[[int], JobRequest]


def _empty(number: int) -> JobRequest:
    return JobRequest(type=EMPTY, payload={"number": number})


SORTS = (
    Sort("empty", _empty),
    Sort("with a client's key", lambda n: _empty(n)._replace(idempotency_key=f"key-{n}")),
)


@dataclass(frozen=True)
class Costs:
    """What a job of one sort takes at each step.

    `kept_bytes`: what a finished one leaves in tables and indexes; `worker_bytes`: the resident
    memory of the worker process afterwards.
    """

    sort: str
    accepted_alone: Taken
    accepted: Taken
    drained: Taken
    kept_bytes: float
    worker_bytes: int | None


def costs(jobs: int) -> Iterator[Costs]:
    """Each sort in turn, on tables that are empty before."""
    for sort in SORTS:
        empty_everything()
        with taken(alone := max(100, jobs // 10)) as accepted_alone:
            for number in range(alone):
                job_enqueue(**sort.request(number)._asdict())
        empty_everything()
        with workers() as worker:
            _drain(sort, range(_WARM_UP), worker)
            vacuum_and_checkpoint()
            before = Reading.of(worker.pid)
            # It stands still while the jobs come in, so that each step has the machine to itself.
            worker.freeze()
            numbers = range(_WARM_UP, _WARM_UP + jobs)
            first = uuid7()
            with taken(jobs) as accepted:
                _enqueue(sort, numbers)
            with taken(jobs, worker.pid) as drained:
                worker.thaw()
                wait_until_done(first, EMPTY, worker)
            memory = worker.rss_bytes()
        vacuum_and_checkpoint()
        kept = Reading.of(os.getpid()).tables - before.tables
        yield Costs(sort.name, accepted_alone, accepted, drained, kept / jobs, memory)


def _drain(sort: Sort, numbers: range, worker: Child) -> None:
    first = uuid7()
    _enqueue(sort, numbers)
    wait_until_done(first, EMPTY, worker)


def _enqueue(sort: Sort, numbers: range) -> None:
    for start in range(0, len(numbers), BATCH):
        jobs_enqueue(requests=[sort.request(one) for one in numbers[start : start + BATCH]])
