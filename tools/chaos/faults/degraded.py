"""Servers that run and do not serve: frozen, slow, full, read-only, closed to sessions."""

import time
from collections.abc import Callable

from tools.chaos.fault import ONE_POSTGRESQL, ONE_REDIS, Fault
from tools.chaos.pause import pause
from tools.chaos.run import POLL_SECONDS, Run
from tools.chaos.times import WORKER_TIMEOUT_SECONDS
from tools.chaos.world import World

# Longer than the worker timeout: no worker may count as dead because heartbeats cannot be written.
LONG_SECONDS = WORKER_TIMEOUT_SECONDS + 3.0
_SHORT_SECONDS = 4.0
# Four of five commands wait for Redis, but none so long that it counts as an outage.
_DELAY_MILLISECONDS = 200
_DELAY_EVERY_SECONDS = 0.25

Step = Callable[[World], None]
Degradation = Callable[[Run, float], None]


def _nothing(world: World) -> None:
    pass


def degrade(
    run: Run, seconds: float, begin: Step, end: Step, meanwhile: Step = _nothing, every: float = 1.0
) -> None:
    """Degrades a server between `begin` and `end`, for `seconds`, while jobs are in flight.

    `meanwhile` is called every `every` seconds.
    """
    now = run.expect_in_flight("the server was degraded")
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
    degrade(
        run, seconds, lambda world: world.one_redis.freeze(), lambda world: world.one_redis.thaw()
    )


def slow_redis(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        _nothing,
        _nothing,
        lambda world: world.one_redis.delay_answers(_DELAY_MILLISECONDS),
        _DELAY_EVERY_SECONDS,
    )


def fill_redis(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        lambda world: world.one_redis.fill_up(),
        lambda world: world.one_redis.lift_memory_limit(),
    )


def demote_redis(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        lambda world: world.one_redis.become_replica(),
        lambda world: world.one_redis.become_primary(),
    )


def freeze_postgres(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        lambda world: world.one_postgres.freeze(),
        lambda world: world.one_postgres.thaw(),
    )


def demote_postgres(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        lambda world: world.one_postgres.make_read_only(),
        lambda world: world.one_postgres.make_writable(),
    )


def refuse_sessions(run: Run, seconds: float) -> None:
    degrade(
        run,
        seconds,
        lambda world: world.one_postgres.refuse_sessions(),
        lambda world: world.one_postgres.accept_sessions(),
    )


def _strike(degradation: Degradation) -> Callable[[Run], None]:
    def strike(run: Run) -> None:
        run.wait_until_done(0.3)
        degradation(run, _SHORT_SECONDS if run.options.short else LONG_SECONDS)
        run.fault_is_over()

    return strike


REDIS_FROZEN = Fault(
    "redis-frozen",
    f"Redis frozen for {LONG_SECONDS:g} s",
    _strike(freeze_redis),
    work_seconds=0.4,
    redis=ONE_REDIS,
)
REDIS_SLOW = Fault("redis-slow", "Redis answers after 200 ms", _strike(slow_redis), redis=ONE_REDIS)
REDIS_FULL = Fault(
    "redis-full", "Redis out of memory", _strike(fill_redis), work_seconds=0.4, redis=ONE_REDIS
)
REDIS_READ_ONLY = Fault(
    "redis-replica",
    "Redis demoted to a replica",
    _strike(demote_redis),
    work_seconds=0.4,
    redis=ONE_REDIS,
)
POSTGRES_FROZEN = Fault(
    "postgres-frozen",
    f"PostgreSQL frozen for {LONG_SECONDS:g} s",
    _strike(freeze_postgres),
    work_seconds=0.4,
    postgresql=ONE_POSTGRESQL,
)
POSTGRES_READ_ONLY = Fault(
    "postgres-standby",
    "PostgreSQL read-only",
    _strike(demote_postgres),
    work_seconds=0.4,
    postgresql=ONE_POSTGRESQL,
)
POSTGRES_REFUSES = Fault(
    "postgres-refuses",
    "PostgreSQL refuses sessions",
    _strike(refuse_sessions),
    work_seconds=0.4,
    postgresql=ONE_POSTGRESQL,
)
