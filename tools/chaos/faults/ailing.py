"""Servers that are there and do not serve: frozen, slow, full, read-only, letting nobody in."""

import time
from collections.abc import Callable

from tools.chaos.fault import Fault
from tools.chaos.pause import pause
from tools.chaos.run import POLL_SECONDS, Run
from tools.chaos.times import WORKER_TIMEOUT_SECONDS
from tools.chaos.world import World

# Longer than the worker timeout: nobody may be taken for dead because nobody could be heard.
LONG_SECONDS = WORKER_TIMEOUT_SECONDS + 3.0
_SHORT_SECONDS = 4.0
# Four of five commands have to wait for Redis, which is still no outage.
_HESITATION_MILLISECONDS = 200
_HESITATION_EVERY_SECONDS = 0.25

Step = Callable[[World], None]
Ailment = Callable[[Run, float], None]


def _nothing(world: World) -> None:
    pass


def ail(
    run: Run, seconds: float, begin: Step, end: Step, meanwhile: Step = _nothing, every: float = 1.0
) -> None:
    """From `begin` to `end` it does not serve, while jobs are in flight."""
    now = run.expect_in_flight("the server fell ill")
    begin(run.world)
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            meanwhile(run.world)
            pause(min(every, max(POLL_SECONDS, until - time.monotonic())))
    finally:
        end(run.world)
    run.notes.append(f"{seconds:g} s, with {now.running} jobs running and {now.queued} queued")


def freeze_redis(run: Run, seconds: float) -> None:
    ail(run, seconds, lambda world: world.redis.freeze(), lambda world: world.redis.thaw())


def slow_redis(run: Run, seconds: float) -> None:
    ail(
        run,
        seconds,
        _nothing,
        _nothing,
        lambda world: world.redis.hesitate(_HESITATION_MILLISECONDS),
        _HESITATION_EVERY_SECONDS,
    )


def fill_redis(run: Run, seconds: float) -> None:
    ail(
        run,
        seconds,
        lambda world: world.redis.be_full(),
        lambda world: world.redis.be_full(False),
    )


def demote_redis(run: Run, seconds: float) -> None:
    ail(
        run,
        seconds,
        lambda world: world.redis.be_replica(),
        lambda world: world.redis.be_replica(of_nobody=True),
    )


def freeze_postgres(run: Run, seconds: float) -> None:
    ail(run, seconds, lambda world: world.postgres.freeze(), lambda world: world.postgres.thaw())


def demote_postgres(run: Run, seconds: float) -> None:
    ail(
        run,
        seconds,
        lambda world: world.postgres.be_read_only(True),
        lambda world: world.postgres.be_read_only(False),
    )


def refuse_sessions(run: Run, seconds: float) -> None:
    ail(run, seconds, lambda world: world.postgres.refuse(), lambda world: world.postgres.admit())


def _strike(ailment: Ailment) -> Callable[[Run], None]:
    def strike(run: Run) -> None:
        run.wait_until_done(0.3)
        ailment(run, _SHORT_SECONDS if run.options.short else LONG_SECONDS)
        run.fault_is_over()

    return strike


REDIS_FROZEN = Fault(
    "redis-frozen", f"Redis frozen for {LONG_SECONDS:g} s", _strike(freeze_redis), work_seconds=0.4
)
REDIS_SLOW = Fault("redis-slow", "Redis answers after 200 ms", _strike(slow_redis))
REDIS_FULL = Fault("redis-full", "Redis out of memory", _strike(fill_redis), work_seconds=0.4)
REDIS_READ_ONLY = Fault(
    "redis-replica", "Redis demoted to a replica", _strike(demote_redis), work_seconds=0.4
)
POSTGRES_FROZEN = Fault(
    "postgres-frozen",
    f"PostgreSQL frozen for {LONG_SECONDS:g} s",
    _strike(freeze_postgres),
    work_seconds=0.4,
)
POSTGRES_READ_ONLY = Fault(
    "postgres-standby", "PostgreSQL read-only", _strike(demote_postgres), work_seconds=0.4
)
POSTGRES_REFUSES = Fault(
    "postgres-refuses", "PostgreSQL lets nobody in", _strike(refuse_sessions), work_seconds=0.4
)
