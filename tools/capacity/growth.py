"""The same work in an empty and in a grown database, in turns."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
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
from jobs.worker.timers import PRUNE_PAUSE_SECONDS
from tools.benchmark.against.spread import Spread, spread
from tools.benchmark.drains import Drain
from tools.benchmark.job_names import EMPTY
from tools.benchmark.rows import enqueue_jobs
from tools.capacity.sides import Sides

_LIST_TIMES = 20
_LISTS: dict[str, dict[str, str]] = {
    "list, newest first": {},
    "list, what is dead": {"state": "dead"},
    "list, what runs": {"state": "running"},
}
_PRUNED_DAYS = 14.0
_PRUNE_SECONDS = 10.0


@dataclass
class Pair:
    """One figure in two states of things: every turn, in order. `less`: whether less is better."""

    name: str
    unit: str
    less: bool = False
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    @property
    def spread(self) -> Spread:
        """After to before, by turns that were neighbours: above 1 is better."""
        pairs = zip(self.before, self.after, strict=True)
        return spread([one / two if self.less else two / one for one, two in pairs])


def growth(both: Sides, jobs: int, rounds: int) -> Iterator[Pair]:
    """What an empty database (before) and a grown one (after) do in turn, A B B A, after one turn
    that nobody counts.
    """

    def in_turns(pair: Pair, run: Callable[[], float]) -> Pair:
        for number in range(-1, rounds):
            for side in ("empty", "grown") if number % 2 else ("grown", "empty"):
                both.use(side)
                found = run()
                if number >= 0:
                    (pair.before if side == "empty" else pair.after).append(found)
        return pair

    yield in_turns(Pair("drain, 1 process", "jobs/s"), lambda: Drain(jobs).run())
    yield in_turns(Pair("enqueue, 1,000 at a time", "jobs/s"), lambda: _enqueue(jobs))
    for name, where in _LISTS.items():
        yield in_turns(Pair(name, "ms", less=True), partial(_list, where))


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
    """Jobs a second that pruning deletes from the database in use, alone and without a pause."""
    with _retention(_PRUNED_DAYS):
        return _prune_until(_after(_PRUNE_SECONDS))


def pruned_beside_drains(jobs: int, rounds: int) -> tuple[Pair, list[float]]:
    """Drains alone (before) and beside pruning (after), in turns, and jobs a second pruned."""
    drains, pruned = Pair("drain beside pruning", "jobs/s"), []
    for _ in range(rounds):
        drains.before.append(Drain(jobs).run())
        with _retention(_PRUNED_DAYS):
            drained, rate = _pruned_beside(Drain(jobs).run)
        drains.after.append(drained)
        pruned.append(rate)
    return drains, pruned


def _pruned_beside(drain: Callable[[], float]) -> tuple[float, float]:
    """With the pauses that a worker's timer makes between rounds."""
    ended, pruned = Event(), []

    def prune() -> None:
        try:
            pruned.append(_prune_until(lambda: ended.wait(PRUNE_PAUSE_SECONDS)))
        finally:
            connection.close()

    thread = Thread(target=prune)
    thread.start()
    try:
        drained = drain()
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
