"""What this process has done since its start, counted a batch at a time, for /metrics."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from typing import TypeVar

from jobs.core.claim import ClaimedJob
from jobs.core.histogram import Histogram
from jobs.core.ids import uuid7_unix_seconds
from jobs.core.outcome import CutOff, Failed, NotStarted, Succeeded
from jobs.core.retry import Cancel, Die, Requeue, Succeed
from jobs.services.attempts import Recorded

Key = TypeVar("Key")

# Jobs in one claim: from one at a time to the largest batch.
SIZES = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
# Round trips: a fetch takes less than a millisecond where all is well.
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

FENCED = "fenced"
GIVEN_BACK = "given_back"
RETRIED = "retried"
_OUTCOMES = {Succeed: "succeeded", Requeue: RETRIED, Die: "dead", Cancel: "cancelled"}
# After which a job does not run again, unless a person decides so.
_FINAL = frozenset({"succeeded", "dead", "cancelled"})


class Counts:
    """Safe between threads. A batch takes one lock; measured, 0.6 µs a job for all of this."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.claimed: Counter[tuple[str, str]] = Counter()
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.retries: Counter[tuple[str, str, str]] = Counter()
        self.done: Counter[str] = Counter()
        self.waits: dict[str, Histogram] = {}
        self.run_times: dict[str, Histogram] = {}
        self.whole_times: dict[str, Histogram] = {}
        self.claim_sizes = Histogram(SIZES)
        self.fetch_seconds = Histogram(QUICK)
        self.claim_seconds = Histogram(QUICK)
        self.record_seconds = Histogram(QUICK)

    def took(self, histogram: Histogram, seconds: float) -> None:
        """A round trip has taken this long; `histogram`: one of these counts."""
        with self._lock:
            histogram.add(seconds)

    def claims(self, claims: Sequence[ClaimedJob]) -> None:
        """These jobs were claimed together."""
        counted = Counter([(one.queue, one.type) for one in claims])
        waits = _by_queue([(one.queue, one.waited_seconds) for one in claims])
        with self._lock:
            self.claim_sizes.add(len(claims))
            _add(self.claimed, counted)
            _add_all(self.waits, waits)

    def recorded(self, recorded: Sequence[Recorded]) -> None:
        """These outcomes were written, or dropped, together."""
        ended, times, whole_times, retries = [], [], [], []
        now = time.time()
        for one in recorded:
            claim, outcome, seconds = one.finished
            queue = claim.queue
            is_success = type(one.move) is Succeed and one.written  # nearly always
            name = "succeeded" if is_success else _name(one)
            ended.append((queue, claim.type, name))
            if is_success or name in _FINAL:
                whole_times.append((queue, max(0.0, now - uuid7_unix_seconds(claim.id))))
            elif name == RETRIED:
                retries.append((queue, claim.type, _why(outcome)))
            if seconds is not None and type(outcome) is not NotStarted:
                times.append((queue, seconds))
        run_times, from_the_beginning = _by_queue(times), _by_queue(whole_times)
        with self._lock:
            _add(self.ended, Counter(ended))
            _add(self.retries, Counter(retries))
            _add_all(self.run_times, run_times)
            _add_all(self.whole_times, from_the_beginning)

    def step(self, name: str, count: int) -> None:
        """A step of maintenance has done this many, of rows, jobs or ids."""
        if count:
            with self._lock:
                self.done[name] += count

    def copy(self) -> "Counts":
        """All of it as of one moment."""
        copied = Counts()
        with self._lock:
            for name, value in vars(self).items():
                if name != "_lock":
                    setattr(copied, name, deepcopy(value))
        return copied


def _name(one: Recorded) -> str:
    outcome = one.finished.outcome
    if not one.written:
        return FENCED
    if type(outcome) is NotStarted:
        return GIVEN_BACK
    if one.move is None:  # its own transaction has written it, or there was nothing to write
        return "succeeded" if type(outcome) is Succeeded else FENCED
    return _OUTCOMES[type(one.move)]


def _why(outcome: object) -> str:
    """Why an attempt is tried again."""
    match outcome:
        case Failed(after_seconds=None):
            return "failed"
        case Failed():
            return "asked"  # by its handler, for this moment
        case CutOff(crashed=True):
            return "crashed"
        case _:
            return "cut_off"


def _add(counts: Counter[Key], more: Counter[Key]) -> None:
    """As `update` does, without its detours."""
    for key, count in more.items():
        counts[key] += count


def _by_queue(pairs: list[tuple[str, float]]) -> dict[str, list[float]]:
    """Mostly there is one queue."""
    queues = {queue for queue, _ in pairs}
    return {queue: [seconds for one, seconds in pairs if one == queue] for queue in queues}


def _add_all(histograms: dict[str, Histogram], values: dict[str, list[float]]) -> None:
    for queue, seconds in values.items():
        histograms.setdefault(queue, Histogram()).add_all(seconds)
