"""Behind Sentinels and in a cluster the broker finds the primary again, whatever becomes of it."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.core.errors import BrokerUnavailable
from jobs.tests.broker.own_servers import (
    QUEUES,
    broker_at,
    cache_at,
    keeps,
    message,
    serves,
)
from jobs.tests.waiting import wait_until
from tools.servers.valkey_groups.cluster import ClusterGroup
from tools.servers.valkey_groups.group import ValkeyGroup
from tools.servers.valkey_groups.sentinels import SentinelGroup


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[type[ValkeyGroup]], ValkeyGroup]]:
    groups = []

    def start(kind: type[ValkeyGroup]) -> ValkeyGroup:
        groups.append(group := kind(tmp_path))
        group.start()
        return group

    yield start
    for group in groups:
        group.stop()


def test_sentinels_lead_to_the_primary(
    started: Callable[[type[ValkeyGroup]], ValkeyGroup],
) -> None:
    group = started(SentinelGroup)
    with broker_at(group.url) as broker:
        cache = cache_at(group.url)
        assert serves(broker)
        assert keeps(cache)
        subscription = broker.subscribe()

        former = group.primary()
        group.switch_over()
        # The former primary takes writes until the Sentinels tell it that it is a replica.
        wait_until(lambda: not former.is_primary, 60.0)
        wait_until(lambda: serves(broker), 30.0)
        wait_until(lambda: keeps(cache), 30.0)

        frozen = group.primary()
        assert frozen.process is not None
        frozen.process.send_signal(signal.SIGSTOP)
        group.wait_for_another_primary(frozen)
        wait_until(lambda: serves(broker), 30.0)
        frozen.process.send_signal(signal.SIGCONT)
        subscription.close()

        killed = group.primary()
        killed.kill()
        group.wait_for_another_primary(killed)
        wait_until(lambda: serves(broker), 30.0)
        group.start()
        assert serves(broker)

        assert isinstance(group, SentinelGroup)
        alone = group.primary()
        group.lose_quorum()
        group.start()
        assert alone.is_primary, "nobody has taken over, and it comes back as what it was"
        wait_until(lambda: serves(broker), 30.0)


def test_a_cluster_is_followed_to_the_owner_of_our_slot(
    started: Callable[[type[ValkeyGroup]], ValkeyGroup],
) -> None:
    group = started(ClusterGroup)
    assert isinstance(group, ClusterGroup)
    with broker_at(group.url) as broker:
        cache = cache_at(group.url)
        assert serves(broker)
        assert keeps(cache)

        broker.dispatch([one := message()])
        group.move_our_slot()
        # The node that had it has sent the command on, and nothing else has happened.
        assert [fetched.message for fetched in broker.fetch(QUEUES, 10)] == [one]
        wait_until(lambda: keeps(cache), 30.0)

        group.switch_over()
        wait_until(lambda: serves(broker), 30.0)

        killed = group.primary()
        killed.kill()
        group.wait_for_another_primary(killed)
        wait_until(lambda: serves(broker), 30.0)


def test_a_replica_that_is_taken_for_the_primary_gets_no_commands(
    started: Callable[[type[ValkeyGroup]], ValkeyGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = started(SentinelGroup)
    replica = next(one for one in group.members if not one.is_primary)
    monkeypatch.setattr(
        "jobs.broker.primary._WatchedPrimary._answer", lambda *_: ("127.0.0.1", replica.port)
    )
    with (
        broker_at(group.url) as broker,
        pytest.raises(BrokerUnavailable, match="is no primary"),
    ):
        broker.ping()
