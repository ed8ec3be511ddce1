"""What happens to the primary of several Redis servers."""

from tools.chaos.fault import Fault
from tools.chaos.faults.redis import QUEUED_LEAST
from tools.chaos.pause import pause
from tools.chaos.redis_group import CLUSTER, SENTINELS, RedisGroup
from tools.chaos.run import Run
from tools.servers.valkey_groups.cluster import ClusterGroup

# With a majority gone nobody can take over: each failover waits until the group is whole again.
TIMES = 2
_FROZEN_SECONDS = 8.0
# Slower and more work, so that jobs wait in Redis meanwhile.
_WORK_SECONDS, _BACKLOG = 0.4, 0.5
GROUPS = frozenset({SENTINELS, CLUSTER})


def group_of(run: Run) -> RedisGroup:
    """Redis as `redis` of these faults says it is."""
    redis = run.world.redis
    assert isinstance(redis, RedisGroup)
    return redis


def _kill_primaries(run: Run) -> None:
    for number in range(TIMES):
        now = _next(run, number)
        group_of(run).kill()
        run.notes.append(f"primary killed with {now} jobs queued; another one has taken over")
        group_of(run).recover()
    run.fault_is_over()


def _freeze_primary(run: Run) -> None:
    now = _next(run, 0)
    group_of(run).freeze()
    pause(_FROZEN_SECONDS)
    group_of(run).thaw()
    run.notes.append(f"primary frozen with {now} jobs queued, and thawed after another took over")
    run.fault_is_over()


def _switch_over(run: Run) -> None:
    for number in range(TIMES):
        now = _next(run, number)
        group_of(run).group.switch_over()
        run.notes.append(f"switched over with {now} jobs queued")
    run.fault_is_over()


def _move_slot(run: Run) -> None:
    group = group_of(run).group
    assert isinstance(group, ClusterGroup)
    for number in range(TIMES):
        now = _next(run, number)
        group.move_our_slot()
        run.notes.append(f"slot moved to another node with {now} jobs queued")
    run.fault_is_over()


def _next(run: Run, number: int) -> int:
    """Waits for the moment of a strike; returns how many jobs are queued then."""
    run.wait_until_done(0.2 + 0.2 * number)
    run.wait_until_queued(QUEUED_LEAST)
    return run.expect_in_flight("the primary was changed").queued


PRIMARY_KILLED = Fault(
    "failover",
    f"the primary of Redis killed {TIMES} times, and another one takes over",
    _kill_primaries,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=GROUPS,
)
PRIMARY_FROZEN = Fault(
    "failover-frozen",
    f"the primary of Redis frozen, and thawed {_FROZEN_SECONDS:g} s after another took over",
    _freeze_primary,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=GROUPS,
)
SWITCHED_OVER = Fault(
    "switch-over",
    f"another Redis is made the primary, {TIMES} times",
    _switch_over,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=GROUPS,
)
SLOT_MOVED = Fault(
    "slot-moved",
    f"the slot of our keys moves to another node of the cluster, {TIMES} times",
    _move_slot,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=frozenset({CLUSTER}),
)
