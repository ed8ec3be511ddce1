"""What a broker holds is read in slices, however much it is."""

from collections.abc import Callable

import pytest

from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.broker.inspection import SLICE
from jobs.core.ids import uuid7
from jobs.core.message import QueueMessage
from jobs.tests.memory_broker import MemoryBroker


@pytest.mark.parametrize("make", [MemoryBroker, get_broker])
def test_everything_that_waits_is_read_in_slices(make: Callable[[], Broker]) -> None:
    broker = make()
    messages = [
        QueueMessage(uuid7(), f"welcome:{number} of many", "default", number % 10)
        for number in range(SLICE * 2)
    ]
    claimed = QueueMessage(uuid7(), "claimed:a:b", "emails", 3)
    broker.dispatch([claimed])
    broker.fetch(["emails"], 1)  # a cache mark that says claimed, not done
    late = QueueMessage(uuid7(), "late:a:b", "emails", 3)
    broker.dispatch(messages)
    broker.dispatch_later([(late, 100.0)])
    broker.mark_done([(one.effect_key, one.job_id) for one in messages])
    waiting = [one for slice_ in broker.waiting_messages(["default"]) for one in slice_]
    assert sorted(map(str, waiting)) == sorted(map(str, [*messages, late]))
    marks = dict(one for slice_ in broker.done_cache_marks() for one in slice_)
    assert marks == {one.effect_key: one.job_id for one in messages}
