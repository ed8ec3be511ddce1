"""The same work in an empty and in a grown database, in turns."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread

from django.conf import settings
from django.core.signals import setting_changed
from django.db import connection

from jobs.api.shared.pages import page_of
from jobs.broker import get_broker
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.services.maintenance.prune import jobs_prune
from jobs.services.verification.database import database_checks
from tools.benchmark.drains import Drain
from tools.benchmark.job_names import EMPTY
from tools.benchmark.rows import enqueue_jobs
from tools.capacity.sides import Sides

ROUNDS = 4
_LIST_TIMES = 20
_PRUNED_DAYS = 14.0
_PRUNE_SECONDS = 10.0


@dataclass
class Pair:
    """One figure on both sides: every turn, in order. `less`: whether less is better."""

    name: str
    unit: str
    less: bool = False
    empty: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Grown to empty, by turns that were neighbours: above 1 is better."""
        pairs = zip(self.grown, self.empty, strict=True)
        return median(empty / grown if self.less else grown / empty for grown, empty in pairs)


def growth(both: Sides, jobs: int) -> Iterator[Pair]:
    """What each side does in turn, A B B A, after one turn that nobody counts."""
    yield _turns(both, Pair("drain, 1 process", "jobs/s"), lambda: Drain(jobs).run())
    yield _turns(both, Pair("enqueue, 1,000 at a time", "jobs/s"), lambda: _enqueue(jobs))
    yield _turns(both, Pair("list, newest first", "ms", less=True), lambda: _list({}))
    yield _turns(
        both, Pair("list, what is dead", "ms", less=True), lambda: _list({"state": "dead"})
    )
    yield _turns(
        both, Pair("list, what runs", "ms", less=True), lambda: _list({"state": "running"})
    )


def _turns(both: Sides, pair: Pair, run: Callable[[], float]) -> Pair:
    for number in range(-1, ROUNDS):
        for side in ("empty", "grown") if number % 2 else ("grown", "empty"):
            both.use(side)
            found = run()
            if number >= 0:
                getattr(pair, side).append(found)
    return pair


def _enqueue(jobs: int) -> float:
    since = time.perf_counter()
    enqueue_jobs(jobs)
    seconds = time.perf_counter() - since
    get_broker().forget_everything()
    queued = Job.objects.queued().filter(type=EMPTY)
    queued._raw_delete(queued.db)
    return jobs / seconds


def _list(where: dict[str, str]) -> float:
    taken = []
    for _ in range(_LIST_TIMES):
        since = time.perf_counter()
        page_of(Job.objects.filter(**where).order_by("-id"), None, 50)
        taken.append((time.perf_counter() - since) * 1_000)
    return median(taken)


def pruned_alone() -> float:
    """Jobs a second that pruning deletes from the database in use, alone."""
    with _retention(_PRUNED_DAYS):
        return _prune_until(_after(_PRUNE_SECONDS))


def pruned_beside_a_drain(jobs: int) -> tuple[float, float]:
    """Jobs a second that are drained, and that are pruned at the same time."""
    ended, pruned = Event(), []

    def prune() -> None:
        try:
            pruned.append(_prune_until(ended.is_set))
        finally:
            connection.close()

    with _retention(_PRUNED_DAYS):
        thread = Thread(target=prune)
        thread.start()
        try:
            drained = Drain(jobs).run()
        finally:
            ended.set()
            thread.join()
    return drained, pruned[0]


def verified() -> tuple[float, list[str]]:
    """Seconds of all checks of PostgreSQL, and of the slowest of them."""
    checks = sorted(database_checks(), key=lambda check: -check.seconds)
    slowest = [f"{check.name} {check.seconds:.1f} s" for check in checks[:3]]
    return sum(check.seconds for check in checks), slowest


def _prune_until(is_over: Callable[[], bool]) -> float:
    since, rows = time.perf_counter(), 0
    while not is_over():
        rows += jobs_prune().count
    return rows / (time.perf_counter() - since)


def _after(seconds: float) -> Callable[[], bool]:
    ends_at = time.perf_counter() + seconds
    return lambda: time.perf_counter() > ends_at


@contextmanager
def _retention(days: float) -> Iterator[None]:
    """In this process: the workers keep everything."""
    former = jobs_conf().retention_days
    _set_retention(days)
    try:
        yield
    finally:
        _set_retention(former)


def _set_retention(days: float) -> None:
    settings.JOBS_RETENTION_DAYS = days
    setting_changed.send(None, setting="JOBS_RETENTION_DAYS", value=days, enter=True)
