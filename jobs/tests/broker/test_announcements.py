"""Announcements on Redis: what they cost, and what may be in the way.

What every broker promises of them is in `test_contract.py`.
"""

from uuid import UUID

import pytest
import redis

from jobs.broker import get_broker
from jobs.broker.redis import RedisBroker
from jobs.core.announcement import Announcement
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable
from jobs.core.ids import uuid7
from jobs.tests.redis_commands import counted_commands
from jobs.tests.waiting import wait_until


def ids(count: int) -> list[UUID]:
    return [uuid7() for _ in range(count)]


def test_nobody_who_watches_costs_one_command() -> None:
    with counted_commands() as commands:
        for _ in range(10):
            get_broker().announce(final=ids(100), changed=ids(100))
    assert commands.counts == {"cmdstat_exists": 10}


def test_claims_cost_one_command_a_second_at_most() -> None:
    broker = fresh_broker()
    with counted_commands() as commands:
        for _ in range(100):
            broker.announce(changed=ids(1), may_miss_new=True)
    assert commands.total <= 2, commands.counts


def test_the_key_goes_with_the_last_watch() -> None:
    broker, keys = fresh_broker(), f"{jobs_conf().redis_prefix}watched"
    with redis.Redis.from_url(jobs_conf().redis_url) as client:
        broker.watch(ids(3), 60.0)
        assert 55_000 < client.pttl(keys) <= 60_000
        broker.watch(ids(1), 1.0)
        assert client.pttl(keys) > 55_000  # the longest counts
        broker.forget_everything()
        broker.watch(ids(3), 0.02)
        wait_until(lambda: not client.exists(keys))


def test_a_key_of_another_type_is_removed() -> None:
    broker, [job_id] = fresh_broker(), ids(1)
    subscription = broker.subscribe()
    with redis.Redis.from_url(jobs_conf().redis_url) as client:
        client.set(f"{jobs_conf().redis_prefix}watched", "x")
    broker.announce(changed=[job_id])
    broker.watch([job_id], 60.0)
    broker.announce(changed=[job_id])
    assert subscription.next(5.0) == Announcement((job_id,), is_final=False)
    subscription.close()


def test_what_is_no_announcement_is_passed_over() -> None:
    subscription = fresh_broker().subscribe()
    with redis.Redis.from_url(jobs_conf().redis_url) as client:
        for text in ("", "final x", "ended", b"\xff"):
            client.publish(f"{jobs_conf().redis_prefix}announced", text)
    assert [subscription.next(1.0) for _ in range(4)] == [None] * 4
    subscription.close()


def test_a_user_who_may_not_publish_is_told_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """And nothing else fails."""
    url, prefix = jobs_conf().redis_url, jobs_conf().redis_prefix
    with redis.Redis.from_url(url) as client:
        client.execute_command(
            *("ACL", "SETUSER", "quiet", "on", ">quiet", f"~{prefix}*", "+@all", "resetchannels")
        )
        try:
            address = url.rpartition("@")[2]
            broker = RedisBroker(f"redis://quiet:quiet@{address}", prefix, 60)
            for _ in range(2):
                broker.watch([job_id := uuid7()], 60.0)
                broker.announce(final=[job_id])
            with pytest.raises(BrokerUnavailable):
                broker.subscribe()
        finally:
            client.execute_command("ACL", "DELUSER", "quiet")
    refusals = [one for one in caplog.records if one.__dict__["event"] == "announcement.refused"]
    assert len(refusals) == 1


def fresh_broker() -> RedisBroker:
    """One that has not asked yet whether anything is watched."""
    conf = jobs_conf()
    return RedisBroker(conf.redis_url, conf.redis_prefix, conf.cache_mark_seconds)
