"""What every broker promises: the one on Redis, and the one in memory that stands in for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import ANY

import pytest

from jobs.broker import get_broker
from jobs.broker.base import Broker
from jobs.broker.redis import RedisBroker
from jobs.core.announcement import Announcement
from jobs.core.errors import BrokerUnavailable
from jobs.core.fetch_order import Portion, Step, whole
from jobs.core.ids import uuid7
from jobs.core.message import Fetched, QueueMessage
from jobs.tests.conftest import CLOSED_PORT
from jobs.tests.memory_broker import MemoryBroker
from jobs.tests.waiting import wait_until

QUEUES = ["default", "emails"]


@pytest.fixture(params=["memory", "redis"])
def broker(request: pytest.FixtureRequest) -> Broker:
    return MemoryBroker() if request.param == "memory" else get_broker()


@pytest.fixture(params=["memory", "redis"])
def broker_away(request: pytest.FixtureRequest) -> Broker:
    if request.param == "redis":
        return RedisBroker(f"redis://127.0.0.1:{CLOSED_PORT}/0", "{away}:", 60)
    broker = MemoryBroker()
    broker.available = False
    return broker


def message(queue: str = "default", priority: int = 5, key: str | None = None) -> QueueMessage:
    job_id = uuid7()
    return QueueMessage(job_id, key or str(job_id), queue, priority)


def messages(count: int, queue: str = "default", priority: int = 5) -> list[QueueMessage]:
    return [message(queue, priority) for _ in range(count)]


def fetch_all(broker: Broker, limit: int = 100) -> list[QueueMessage]:
    return [one.message for one in broker.fetch(QUEUES, limit)]


def head_age(broker: Broker) -> float:
    """How many seconds ago the next one out was dispatched."""
    age = broker.head_ages(QUEUES)["default", 5]
    assert age is not None
    return age


def test_first_in_first_out(broker: Broker) -> None:
    dispatched = messages(5)
    broker.dispatch(dispatched[:2])
    broker.dispatch(dispatched[2:])
    assert fetch_all(broker) == dispatched
    assert fetch_all(broker) == []


def test_the_most_urgent_come_first(broker: Broker) -> None:
    low, high, middle = message(priority=0), message(priority=9), message(priority=5)
    broker.dispatch([low, high, middle])
    assert fetch_all(broker) == [high, middle, low]


def test_priority_comes_before_the_order_of_queues(broker: Broker) -> None:
    here, urgent_there = message("default", 5), message("emails", 6)
    broker.dispatch([here, urgent_there])
    assert fetch_all(broker) == [urgent_there, here]


def test_within_a_priority_the_queues_come_in_the_order_given(broker: Broker) -> None:
    default, emails = message("default"), message("emails")
    broker.dispatch([default, emails])
    assert [one.message for one in broker.fetch(["emails", "default"], 10)] == [emails, default]


def test_other_queues_are_left_alone(broker: Broker) -> None:
    elsewhere = message("bulk")
    broker.dispatch([elsewhere])
    assert fetch_all(broker) == []
    assert [one.message for one in broker.fetch(["bulk"], 10)] == [elsewhere]


def test_no_more_than_the_limit_is_taken(broker: Broker) -> None:
    dispatched = [*messages(3, priority=6), *messages(3, priority=5)]
    broker.dispatch(dispatched)
    assert fetch_all(broker, limit=4) == dispatched[:4]
    assert fetch_all(broker, limit=4) == dispatched[4:]


def test_portions_are_taken_in_the_order_of_the_caller(broker: Broker) -> None:
    urgent, late = messages(3, "default", 9), messages(3, "default", 1)
    elsewhere = messages(3, "emails", 5)
    broker.dispatch([*urgent, *late, *elsewhere])
    portions = [
        Portion([Step([("emails", 5)], 2)], 2),
        Portion([Step([("default", 1), ("default", 9)], 1), Step([("default", 9)], 9)], 3),
        whole([("default", 9), ("emails", 5), ("bulk", 5)], 99),
    ]
    fetched = [one.message for one in broker.fetch_portions(portions, 7)]
    assert fetched == [*elsewhere[:2], late[0], *urgent[:2], urgent[2], elsewhere[2]]
    assert fetch_all(broker) == late[1:]


def test_what_a_step_is_short_of_the_next_one_takes(broker: Broker) -> None:
    dispatched = messages(5)
    broker.dispatch(dispatched)
    portions = [Portion([Step([("default", 1)], 3), Step([("default", 5)], 9)], 4)]
    assert [one.message for one in broker.fetch_portions(portions, 9)] == dispatched[:4]


def test_all_portions_together_take_no_more_than_the_limit(broker: Broker) -> None:
    dispatched = messages(5)
    broker.dispatch(dispatched)
    portions = [whole([("default", 5)], 2)] * 3
    assert [one.message for one in broker.fetch_portions(portions, 3)] == dispatched[:3]


def test_dispatching_for_nothing_is_no_error(broker: Broker) -> None:
    broker.dispatch([])
    broker.push_back([])
    broker.return_claimed([])
    broker.dispatch_later([])
    broker.mark_done([])
    broker.clear_cache_marks([])
    assert fetch_all(broker) == []


def test_what_is_pushed_back_is_next_again_in_its_order(broker: Broker) -> None:
    dispatched = messages(4)
    broker.dispatch(dispatched)
    broker.push_back(broker.fetch(QUEUES, 2))
    assert fetch_all(broker) == dispatched


def test_what_is_pushed_back_goes_to_its_own_list(broker: Broker) -> None:
    dispatched = [*messages(2, priority=9), *messages(2, "emails", 3), *messages(2, priority=1)]
    broker.dispatch(dispatched)
    broker.push_back(broker.fetch(QUEUES, 100))
    assert fetch_all(broker) == dispatched


def test_what_is_pushed_back_was_dispatched_when_it_was(broker: Broker) -> None:
    broker.dispatch(messages(2), age_seconds=60.0)
    broker.dispatch(messages(2), age_seconds=30.0)
    broker.push_back(broker.fetch(QUEUES, 3))
    assert head_age(broker) == pytest.approx(60.0, abs=5.0)
    broker.fetch(QUEUES, 2)
    assert head_age(broker) == pytest.approx(30.0, abs=5.0)


def test_what_was_claimed_and_is_returned_is_next_again_in_its_order(broker: Broker) -> None:
    dispatched = messages(4)
    broker.dispatch(dispatched)
    taken = fetch_all(broker, limit=2)
    broker.return_claimed([(one, 0.0) for one in taken])
    assert fetch_all(broker) == dispatched


def test_what_is_returned_is_no_younger_than_what_lies_behind_it(broker: Broker) -> None:
    """Its row was dispatched again after the entry that it was claimed by."""
    broker.dispatch(messages(2), age_seconds=60.0)
    broker.return_claimed([(message(), 10.0), (message(), 70.0), (message(), 20.0)])
    assert head_age(broker) == pytest.approx(70.0, abs=5.0)
    broker.fetch(QUEUES, 2)
    assert head_age(broker) == pytest.approx(60.0, abs=5.0)


def test_what_is_returned_to_an_empty_list_is_as_old_as_its_row(broker: Broker) -> None:
    broker.return_claimed([(message(), 40.0)])
    assert head_age(broker) == pytest.approx(40.0, abs=5.0)


def test_what_is_dispatched_again_does_not_also_come_from_the_delayed_set(broker: Broker) -> None:
    one, other, shared = message(), message(), message(key="welcome:ann b")
    broker.dispatch_later([(one, -1.0), (other, -1.0), (shared, -1.0)])
    broker.dispatch([one, shared], is_repeated=True)
    assert broker.promote_due(10) == 1
    assert fetch_all(broker) == [one, shared, other]


def test_the_same_id_may_lie_there_twice(broker: Broker) -> None:
    one = message()
    broker.dispatch([one])
    broker.dispatch([one])
    assert fetch_all(broker) == [one, one]


def test_a_delayed_message_is_promoted_when_it_is_due(broker: Broker) -> None:
    soon, late = message(priority=3), message()
    broker.dispatch_later([(late, 3_600.0), (soon, 0.05)])
    assert fetch_all(broker) == []
    wait_until(lambda: broker.promote_due(10) == 1, every=0.01)
    assert fetch_all(broker) == [soon]
    assert broker.promote_due(10) == 0
    assert broker.depth(QUEUES).delayed == 1


def test_delayed_messages_are_promoted_in_the_order_of_their_moments(broker: Broker) -> None:
    dispatched = messages(3)
    broker.dispatch_later([(dispatched[2], -1.0), (dispatched[0], -3.0), (dispatched[1], -2.0)])
    assert broker.promote_due(10) == 3
    assert fetch_all(broker) == dispatched


def test_no_more_than_the_limit_are_promoted_at_once(broker: Broker) -> None:
    broker.dispatch_later([(one, -1.0) for one in messages(5)])
    assert [broker.promote_due(2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_message_that_is_delayed_again_is_promoted_once(broker: Broker) -> None:
    one = message()
    broker.dispatch_later([(one, 3_600.0)])
    broker.dispatch_later([(one, -1.0)])
    assert broker.promote_due(10) == 1
    assert fetch_all(broker) == [one]


def test_an_effect_key_of_any_kind_survives_the_delay(broker: Broker) -> None:
    one = message(key="welcome:Ünal O'Hara:5 <a:b>@x.example")
    broker.dispatch_later([(one, -1.0)])
    broker.promote_due(10)
    assert fetch_all(broker) == [one]


def test_the_first_fetch_of_a_key_sets_its_cache_mark(broker: Broker) -> None:
    one = message(key="welcome:ann")
    broker.dispatch([one, one])
    first, second = broker.fetch(QUEUES, 10)
    assert first.cache_mark == ""
    assert second.cache_mark == f"claimed:{one.job_id}"
    assert not second.has_key_conflict


def test_the_cache_mark_names_the_job_that_came_first(broker: Broker) -> None:
    one, other = message(key="welcome:ann"), message(key="welcome:ann")
    broker.dispatch([one, other])
    first, second = broker.fetch(QUEUES, 10)
    assert first.cache_mark == ""
    assert second.cache_mark == f"claimed:{one.job_id}"
    assert second.has_key_conflict


def test_a_key_that_is_done_answers_every_duplicate(broker: Broker) -> None:
    one, other = message(key="welcome:ann"), message(key="welcome:ann")
    broker.dispatch([one])
    broker.fetch(QUEUES, 1)
    broker.mark_done([("welcome:ann", one.job_id)])
    broker.dispatch([one, other])
    again, rival = broker.fetch(QUEUES, 10)
    assert again.already_done
    assert rival.cache_mark == f"done:{one.job_id}"
    assert rival.has_key_conflict
    assert not rival.already_done


def test_cache_marks_that_are_cleared_are_forgotten(broker: Broker) -> None:
    one, other = message(key="welcome:ann"), message(key="welcome:bob")
    broker.mark_done([(one.effect_key, uuid7()), (other.effect_key, other.job_id)])
    broker.clear_cache_marks([one.effect_key, "never marked"])
    broker.dispatch([one, other])
    cleared, kept = broker.fetch(QUEUES, 10)
    assert cleared.cache_mark == ""
    assert kept.already_done


def test_what_was_waited_for_is_the_next_one_and_is_not_fetched_again(broker: Broker) -> None:
    dispatched = messages(3, "emails", 2)
    broker.dispatch(dispatched)
    assert broker.wait(QUEUES, 1) == Fetched(dispatched[0], stamp=ANY)
    assert fetch_all(broker) == dispatched[1:]


def test_waiting_brings_the_most_urgent_one(broker: Broker) -> None:
    low, high = message("default", 1), message("emails", 8)
    broker.dispatch([low, high])
    assert broker.wait(QUEUES, 1) == Fetched(high, stamp=ANY)
    assert broker.wait(QUEUES, 1) == Fetched(low, stamp=ANY)


def test_waiting_in_vain_brings_nothing(broker: Broker) -> None:
    assert broker.wait(QUEUES, 0.05) is None


def test_the_age_of_the_next_one_out_of_each_list_is_known(broker: Broker) -> None:
    first, second, urgent = message(), message(key="welcome:ann bob"), message("emails", 9)
    broker.dispatch([first], age_seconds=60.0)
    broker.dispatch([second, urgent])
    ages = broker.head_ages(QUEUES)
    assert {name: round(age, -1) for name, age in ages.items() if age is not None} == {
        ("default", 5): 60.0,
        ("emails", 9): 0.0,
    }
    assert set(ages) == {(queue, priority) for queue in QUEUES for priority in range(10)}
    assert fetch_all(broker) == [urgent, first, second]  # it took nothing
    assert set(broker.head_ages(QUEUES).values()) == {None}


def test_a_promoted_message_was_dispatched_when_it_was_due(broker: Broker) -> None:
    """However late it is promoted."""
    broker.dispatch_later([(message(key="welcome:ann"), -60.0)])
    broker.promote_due(10)
    assert head_age(broker) == pytest.approx(60.0, abs=5.0)


def test_only_what_is_watched_is_announced(broker: Broker) -> None:
    ended, other, changed, another = (uuid7() for _ in range(4))
    subscription = broker.subscribe()
    broker.watch([ended, changed], 60.0)
    broker.announce(final=[other, ended], changed=[changed, another])
    assert subscription.next(5.0) == Announcement((ended,), is_final=True)
    assert subscription.next(5.0) == Announcement((changed,), is_final=False)
    assert subscription.next(0.05) is None
    subscription.close()


def test_what_was_announced_as_final_is_not_watched_any_more(broker: Broker) -> None:
    job_id = uuid7()
    broker.watch([job_id], 60.0)
    broker.announce(final=[job_id])
    subscription = broker.subscribe()
    broker.announce(changed=[job_id])
    assert subscription.next(0.05) is None
    subscription.close()


def test_every_subscription_hears_it(broker: Broker) -> None:
    job_id = uuid7()
    subscriptions = [broker.subscribe() for _ in range(3)]
    broker.watch([job_id], 60.0)
    broker.announce(changed=[job_id])
    for subscription in subscriptions:
        assert subscription.next(5.0) == Announcement((job_id,), is_final=False)
        subscription.close()


def test_a_watch_ends_by_itself(broker: Broker) -> None:
    brief, long = (uuid7() for _ in range(2))
    subscription = broker.subscribe()
    broker.watch([brief], 0.02)
    broker.watch([long], 60.0)

    def is_forgotten() -> bool:
        broker.watch([long], 60.0)  # makes the one in Redis forget what is over
        broker.announce(changed=[brief])
        return subscription.next(0.05) is None

    wait_until(is_forgotten)
    subscription.close()


def test_what_waits_is_counted(broker: Broker) -> None:
    broker.dispatch([*messages(3), *messages(2, "emails", 9), message("bulk")])
    broker.dispatch_later([(one, 3_600.0) for one in messages(4)])
    depth = broker.depth(QUEUES)
    assert {name: count for name, count in depth.ready.items() if count} == {
        ("default", 5): 3,
        ("emails", 9): 2,
    }
    assert depth.delayed == 4


def test_everything_is_forgotten_on_demand(broker: Broker) -> None:
    one = message()
    broker.dispatch([one, message("bulk")])
    broker.dispatch_later([(message(), 0.0)])
    broker.mark_done([(one.effect_key, one.job_id)])
    broker.forget_everything()
    assert fetch_all(broker) == []
    assert broker.promote_due(10) == 0
    assert broker.depth([*QUEUES, "bulk"]).ready["bulk", 5] == 0
    broker.dispatch([one])
    assert broker.fetch(QUEUES, 1)[0].cache_mark == ""


def test_everything_that_waits_is_seen_delayed_ids_of_all_queues_included(broker: Broker) -> None:
    waiting, elsewhere, delayed = message(), message("bulk"), message("bulk", key="welcome:ann")
    broker.dispatch([waiting, elsewhere])
    broker.dispatch_later([(delayed, 3_600.0)])
    seen = [one for slice_ in broker.waiting_messages(QUEUES) for one in slice_]
    assert sorted(map(str, seen)) == sorted(map(str, [waiting, delayed]))
    soon = broker.waiting_messages(QUEUES, due_within_seconds=60.0)
    assert [one for slice_ in soon for one in slice_] == [waiting]


def test_the_next_to_come_out_of_each_list_is_told(broker: Broker) -> None:
    first, second, urgent = message(), message(), message(priority=9)
    broker.dispatch([first, second, urgent])
    heads = {("default", 5): first.job_id, ("default", 9): urgent.job_id}
    assert broker.head_jobs(QUEUES) == heads


def test_a_moment_is_noted(broker: Broker) -> None:
    assert broker.noted_moment() is None
    broker.note_moment(moment := datetime.now(UTC))
    assert broker.noted_moment() == moment


@pytest.mark.parametrize("count", [2, 200])
def test_jobs_that_nobody_knows_are_removed(broker: Broker, count: int) -> None:
    """One by one, or with the list where there are many: what is lost then is dispatched again."""
    unknown, known = [message() for _ in range(count)], message(priority=9)
    broker.dispatch([*unknown, known])
    delayed = [message(key="welcome:ann"), message(key="welcome:bob")]
    broker.dispatch_later([(one, 60.0) for one in delayed])
    removed = {one.job_id for one in [*unknown, delayed[0]]}
    broker.remove_jobs(QUEUES, removed)
    seen = [one for slice_ in broker.waiting_messages(QUEUES) for one in slice_]
    assert sorted(map(str, seen)) == sorted(map(str, [known, delayed[1]]))


def test_cache_marks_that_say_claimed_are_not_listed_as_done(broker: Broker) -> None:
    done, claimed = message(key="welcome:ann"), message(key="welcome:bob")
    broker.dispatch([claimed])
    broker.fetch(QUEUES, 1)
    broker.mark_done([(done.effect_key, done.job_id)])
    marks = [one for slice_ in broker.done_cache_marks() for one in slice_]
    assert marks == [(done.effect_key, done.job_id)]


def test_asking_whether_it_is_writable_leaves_nothing_behind(broker: Broker) -> None:
    broker.check_writable()
    assert not any(broker.waiting_messages(QUEUES))
    assert not any(broker.done_cache_marks())
    assert set(broker.depth(QUEUES).ready.values()) == {0}


def test_every_key_has_its_type(broker: Broker) -> None:
    broker.dispatch([message()])
    broker.dispatch_later([(message(), 60.0)])
    broker.check_writable()
    assert broker.wrong_types(QUEUES) == []
    assert broker.remove_wrong_types(QUEUES) == 0


def test_the_server_tells_of_itself(broker: Broker) -> None:
    facts = broker.server_facts()
    assert facts.version
    assert facts.eviction_policy
    assert facts.used_bytes >= 0
    assert facts.max_bytes >= 0


CALLS: dict[str, Callable[[Broker, QueueMessage], object]] = {
    "dispatch": lambda broker, one: broker.dispatch([one]),
    "push_back": lambda broker, one: broker.push_back([Fetched(one)]),
    "return_claimed": lambda broker, one: broker.return_claimed([(one, 1.0)]),
    "dispatch_later": lambda broker, one: broker.dispatch_later([(one, 1.0)]),
    "promote_due": lambda broker, one: broker.promote_due(1),
    "fetch": lambda broker, one: broker.fetch(QUEUES, 1),
    "fetch_portions": lambda broker, one: broker.fetch_portions([whole([("default", 5)], 1)], 1),
    "wait": lambda broker, one: broker.wait(QUEUES, 0.05),
    "mark_done": lambda broker, one: broker.mark_done([(one.effect_key, one.job_id)]),
    "clear_cache_marks": lambda broker, one: broker.clear_cache_marks([one.effect_key]),
    "watch": lambda broker, one: broker.watch([one.job_id], 1.0),
    "announce": lambda broker, one: broker.announce(final=[one.job_id]),
    "subscribe": lambda broker, one: broker.subscribe().close(),
    "head_ages": lambda broker, one: broker.head_ages(QUEUES),
    "head_jobs": lambda broker, one: broker.head_jobs(QUEUES),
    "check_writable": lambda broker, one: broker.check_writable(),
    "depth": lambda broker, one: broker.depth(QUEUES),
    "waiting_messages": lambda broker, one: list(broker.waiting_messages(QUEUES)),
    "done_cache_marks": lambda broker, one: list(broker.done_cache_marks()),
    "ping": lambda broker, one: broker.ping(),
    "server_facts": lambda broker, one: broker.server_facts(),
    "wrong_types": lambda broker, one: broker.wrong_types(QUEUES),
    "remove_wrong_types": lambda broker, one: broker.remove_wrong_types(QUEUES),
    "note_moment": lambda broker, one: broker.note_moment(datetime.now(UTC)),
    "noted_moment": lambda broker, one: broker.noted_moment(),
    "remove_jobs": lambda broker, one: broker.remove_jobs(QUEUES, [one.job_id]),
    "forget_everything": lambda broker, one: broker.forget_everything(),
}
"""Every method of the protocol, called."""


@pytest.mark.parametrize("method", CALLS)
def test_when_it_is_away_every_call_says_so(broker_away: Broker, method: str) -> None:
    with pytest.raises(BrokerUnavailable):
        CALLS[method](broker_away, message())


@pytest.mark.parametrize("method", CALLS)
def test_when_it_answers_no_call_fails_on_an_empty_broker(broker: Broker, method: str) -> None:
    try:
        CALLS[method](broker, message())
    except BrokerUnavailable as error:
        pytest.fail(f"{method}: {error}")


def test_every_method_of_the_protocol_is_in_this_suite() -> None:
    methods = {name for name in vars(Broker) if not name.startswith("_")}
    assert set(CALLS) == methods
    tests = Path(__file__).read_text().partition("CALLS: ")[0]
    assert {name for name in methods if f"broker.{name}(" not in tests} == {"ping"}
