"""More is lost than a group can bear: nobody takes over, and all waits until it is back."""

import time
from collections.abc import Callable

from tools.chaos.fault import UNDER_PATRONI, Fault
from tools.chaos.faults.failover import group_of
from tools.chaos.faults.patroni import LEFT_ALONE_SECONDS, postgres_of
from tools.chaos.lost_commits import Failover
from tools.chaos.pause import pause
from tools.chaos.redis_group import CLUSTER, SENTINELS
from tools.chaos.run import Run
from tools.servers.valkey_groups.cluster import ClusterGroup
from tools.servers.valkey_groups.sentinels import SentinelGroup

_WORK_SECONDS, _BACKLOG = 0.4, 0.5
_WITHOUT_REDIS_SECONDS = 10.0
# Calls that PostgreSQL has answered may not have been noted yet.
_UNDER_WAY_SECONDS = 1.0


def _lose_standbys(run: Run) -> None:
    """The primary goes on alone, and acknowledges nothing, as no other node could have it."""
    begun_at = _begin(run, 0.3)
    group = postgres_of(run)
    primary = group.primary()
    for node in group.nodes:
        if node is not primary:
            node.kill()
    pause(_UNDER_WAY_SECONDS)
    accepted = len(run.load.accepted)
    pause(LEFT_ALONE_SECONDS)
    if group.is_synchronous and len(run.load.accepted) > accepted:
        run.broken.append("jobs were accepted that only one node had")
    group.recover()
    _is_over(run, "both standbys killed", begun_at)


def _lose_etcd(run: Run) -> None:
    """No node can be the primary, as none can hold the lock."""
    begun_at = _begin(run, 0.3)
    group = postgres_of(run)
    group.lose_etcd()
    group.wait_until_leaderless()
    pause(LEFT_ALONE_SECONDS)
    group.recover()
    _is_over(run, "two of three members of etcd killed", begun_at)


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
    _begin(run, 0.2)
    lose()
    before = run.progress().final
    pause(_WITHOUT_REDIS_SECONDS)
    done = run.progress().final - before
    run.notes.append(f"{what}; {done} jobs were done in {_WITHOUT_REDIS_SECONDS:g} s without")
    group_of(run).recover()
    run.fault_is_over()


def _begin(run: Run, share: float) -> float:
    run.wait_until_done(share)
    now = run.expect_in_flight("a majority was lost")
    run.notes.append(f"{now.running} jobs running and {now.queued} queued")
    return time.time()


def _is_over(run: Run, what: str, begun_at: float) -> None:
    """The group is whole again: it is over once a commit is acknowledged."""
    healed_after = time.time() - begun_at
    run.world.job_rows.wait_for_a_commit()
    run.fault_is_over()
    run.failovers.append(Failover(begun_at, run.fault_ended_at))
    commits_after = run.fault_ended_at - begun_at
    run.notes.append(
        f"{what}; all back after {healed_after:.1f} s, a commit after {commits_after:.1f} s"
    )


STANDBYS_LOST = Fault(
    "patroni-alone",
    f"both standbys of PostgreSQL killed, for {LEFT_ALONE_SECONDS:g} s",
    _lose_standbys,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    postgresql=UNDER_PATRONI,
)
ETCD_LOST = Fault(
    "patroni-etcd",
    f"etcd without a majority, until {LEFT_ALONE_SECONDS:g} s after the primary gave up",
    _lose_etcd,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    postgresql=UNDER_PATRONI,
)
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
