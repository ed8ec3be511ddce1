"""More of Redis is lost than can be replaced: jobs run from PostgreSQL until it is back."""

from collections.abc import Callable

from tools.chaos.fault import Fault
from tools.chaos.faults.failover import group_of
from tools.chaos.pause import pause
from tools.chaos.redis_group import CLUSTER, SENTINELS
from tools.chaos.run import Run
from tools.servers.valkey_groups.cluster import ClusterGroup
from tools.servers.valkey_groups.sentinels import SentinelGroup

_WORK_SECONDS, _BACKLOG = 0.4, 0.5
_WITHOUT_REDIS_SECONDS = 10.0


def _lose_sentinels(run: Run) -> None:
    """One Sentinel sees that the primary is gone, and may not replace it by itself."""
    group = group_of(run).group
    assert isinstance(group, SentinelGroup)
    _without_redis(run, "two of three Sentinels killed, then the primary", group.lose_quorum)


def _lose_slot(run: Run) -> None:
    """No node has our slot, and the others take no calls without it."""
    group = group_of(run).group
    assert isinstance(group, ClusterGroup)
    _without_redis(run, "the owner of our slot killed with its replica", group.lose_our_slot)


def _without_redis(run: Run, what: str, lose: Callable[[], None]) -> None:
    """Jobs run from PostgreSQL meanwhile."""
    run.wait_until_done(0.2)
    now = run.expect_in_flight("a majority was lost")
    run.notes.append(f"{now.running} jobs running and {now.queued} queued")
    lose()
    before = run.progress().final
    pause(_WITHOUT_REDIS_SECONDS)
    done = run.progress().final - before
    run.notes.append(f"{what}; {done} jobs were done in {_WITHOUT_REDIS_SECONDS:g} s without")
    group_of(run).recover()
    run.fault_is_over()


SENTINELS_LOST = Fault(
    "sentinels-lost",
    f"the primary of Redis killed without a majority of Sentinels, {_WITHOUT_REDIS_SECONDS:g} s",
    _lose_sentinels,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=frozenset({SENTINELS}),
)
SLOT_LOST = Fault(
    "slot-lost",
    f"no node of the cluster has the slot of our keys, for {_WITHOUT_REDIS_SECONDS:g} s",
    _lose_slot,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=frozenset({CLUSTER}),
)
