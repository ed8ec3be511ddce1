"""The broker in this process's memory, for unit tests; it passes the same contract suite."""

import math
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from jobs.broker.base import Depth, ListName, ServerFacts
from jobs.broker.keys import lists_of
from jobs.core.announcement import Announcement
from jobs.core.errors import BrokerUnavailable
from jobs.core.fetch_order import Portion, whole
from jobs.core.message import Entry, Fetched, QueueMessage, can_be_shared


class MemoryBroker:
    """Keeps what Redis would keep. With `available = False` every call raises `BrokerUnavailable`.

    Not for several threads: `wait` does not block.
    """

    def __init__(self) -> None:
        self.available = True
        self.lists: dict[ListName, deque[Entry]] = {}
        self.delayed: dict[QueueMessage, float] = {}
        self.cache_marks: dict[str, str] = {}
        self.moment: datetime | None = None
        self.watched: dict[UUID, float] = {}
        self.subscriptions: list[MemorySubscription] = []

    def dispatch(
        self,
        messages: Sequence[QueueMessage],
        *,
        age_seconds: float = 0.0,
        is_repeated: bool = False,
    ) -> None:
        self.ping()
        for message in messages:
            self._list(message).appendleft(Entry(message, _milliseconds() - int(age_seconds * 1e3)))
            if is_repeated:
                self.delayed.pop(message, None)

    def push_back(self, fetched: Sequence[Fetched]) -> None:
        self.ping()
        for one in reversed(fetched):
            self._list(one.message).append(one.entry)

    def return_claimed(self, claimed: Sequence[tuple[QueueMessage, float]]) -> None:
        self.ping()
        for message, age_seconds in reversed(claimed):
            waiting = self._list(message)
            stamp: int | None = _milliseconds() - int(age_seconds * 1e3)
            if waiting:
                behind = waiting[-1].stamp
                stamp = min(stamp or 0, behind) if behind is not None else None
            waiting.append(Entry(message, stamp))

    def dispatch_later(self, messages: Sequence[tuple[QueueMessage, float]]) -> None:
        self.ping()
        for message, seconds in messages:
            self.delayed[message] = time.monotonic() + seconds

    def promote_due(self, limit: int) -> int:
        self.ping()
        now = time.monotonic()
        due = sorted((at, message.encode(), message) for message, at in self.delayed.items())
        moved = [message for at, _, message in due if at <= now][:limit]
        for message in moved:
            self.dispatch([message], age_seconds=now - self.delayed.pop(message))
        return len(moved)

    def fetch(self, queues: Sequence[str], limit: int) -> list[Fetched]:
        return self.fetch_portions([whole(lists_of(queues), limit)], limit)

    def fetch_portions(self, portions: Sequence[Portion], limit: int) -> list[Fetched]:
        self.ping()
        entries: list[Entry] = []
        for portion in portions:
            portion_end = min(limit, len(entries) + portion.most)
            for step in portion.steps:
                step_end = min(portion_end, len(entries) + step.most)
                for name in step.lists:
                    waiting = self.lists.get(name, deque())
                    while waiting and len(entries) < step_end:
                        entries.append(waiting.pop())
        return [Fetched(message, self._mark_claimed(message), stamp) for message, stamp in entries]

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> Fetched | None:
        self.ping()
        entries = (self.lists[name].pop() for name in lists_of(queues) if self.lists.get(name))
        return next((Fetched(message, stamp=stamp) for message, stamp in entries), None)

    def mark_done(self, done: Sequence[tuple[str, UUID]]) -> None:
        self.ping()
        self.cache_marks.update({key: f"done:{job_id}" for key, job_id in done})

    def clear_cache_marks(self, effect_keys: Iterable[str]) -> None:
        self.ping()
        for key in effect_keys:
            self.cache_marks.pop(key, None)

    def watch(self, job_ids: Collection[UUID], seconds: float) -> None:
        self.ping()
        self.watched.update({job_id: time.monotonic() + seconds for job_id in job_ids})

    def announce(
        self,
        *,
        final: Collection[UUID] = (),
        changed: Collection[UUID] = (),
        may_miss_new: bool = False,
    ) -> None:
        self.ping()
        self.watched = {one: till for one, till in self.watched.items() if till > time.monotonic()}
        for job_ids, is_final in ((final, True), (changed, False)):
            told = tuple(one for one in job_ids if one in self.watched)
            for subscription in self.subscriptions if told else ():
                subscription.announcements.append(Announcement(told, is_final))
        for job_id in final:
            self.watched.pop(job_id, None)

    def subscribe(self) -> "MemorySubscription":
        self.ping()
        self.subscriptions.append(MemorySubscription())
        return self.subscriptions[-1]

    def head_ages(self, queues: Sequence[str]) -> dict[ListName, float | None]:
        self.ping()
        ages: dict[ListName, float | None] = {}
        for name in lists_of(queues):
            if not self.lists.get(name):
                ages[name] = None
            elif (stamp := self.lists[name][-1].stamp) is not None:
                ages[name] = (_milliseconds() - stamp) / 1e3
        return ages

    def check_writable(self) -> None:
        self.ping()

    def depth(self, queues: Sequence[str]) -> Depth:
        self.ping()
        ready = {name: len(self.lists.get(name, ())) for name in lists_of(queues)}
        return Depth(ready, len(self.delayed))

    def head_jobs(self, queues: Sequence[str]) -> dict[ListName, UUID]:
        self.ping()
        heads = {name: self.lists[name] for name in lists_of(queues) if self.lists.get(name)}
        return {name: entries[-1].message.job_id for name, entries in heads.items()}

    def waiting_messages(
        self, queues: Sequence[str], *, due_within_seconds: float = math.inf
    ) -> Iterator[list[QueueMessage]]:
        self.ping()
        latest = time.monotonic() + due_within_seconds
        yield [message for message, due_at in self.delayed.items() if due_at <= latest]
        for name in lists_of(queues):
            yield [entry.message for entry in self.lists.get(name, ())]

    def done_cache_marks(self) -> Iterator[list[tuple[str, UUID]]]:
        self.ping()
        yield [
            (key, UUID(cache_mark.removeprefix("done:")))
            for key, cache_mark in self.cache_marks.items()
            if cache_mark.startswith("done:")
        ]

    def ping(self) -> None:
        if not self.available:
            raise BrokerUnavailable("the memory broker is switched off")

    def server_facts(self) -> ServerFacts:
        self.ping()
        return ServerFacts("memory", "noeviction", used_bytes=0, max_bytes=0)

    def wrong_types(self, queues: Sequence[str]) -> list[str]:
        self.ping()
        return []

    def remove_wrong_types(self, queues: Sequence[str]) -> int:
        self.ping()
        return 0

    def note_moment(self, moment: datetime) -> None:
        self.ping()
        self.moment = moment

    def noted_moment(self) -> datetime | None:
        self.ping()
        return self.moment

    def remove_jobs(self, queues: Sequence[str], job_ids: Collection[UUID]) -> None:
        self.ping()
        for message in [one for one in self.delayed if one.job_id in job_ids]:
            del self.delayed[message]
        for name in lists_of(queues):
            kept = [one for one in self.lists.get(name, ()) if one.message.job_id not in job_ids]
            self.lists[name] = deque(kept)

    def forget_everything(self) -> None:
        self.ping()
        self.lists.clear()
        self.delayed.clear()
        self.cache_marks.clear()
        self.moment = None
        self.watched.clear()

    def _list(self, message: QueueMessage) -> deque[Entry]:
        return self.lists.setdefault((message.queue, message.priority), deque())

    def _mark_claimed(self, message: QueueMessage) -> str:
        if not can_be_shared(message.effect_key):
            return ""
        former = self.cache_marks.get(message.effect_key, "")
        self.cache_marks.setdefault(message.effect_key, f"claimed:{message.job_id}")
        return former


class MemorySubscription:
    """What was announced since it was made."""

    def __init__(self) -> None:
        self.announcements: deque[Announcement] = deque()

    def next(self, seconds: float) -> Announcement | None:
        return self.announcements.popleft() if self.announcements else None

    def close(self) -> None:
        pass


def _milliseconds() -> int:
    return int(time.time() * 1e3)
