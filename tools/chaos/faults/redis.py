"""What happens to Redis."""

from tools.chaos.fault import ONE_REDIS, Fault
from tools.chaos.pause import pause
from tools.chaos.run import Missed, Run

AWAY_SECONDS = 20.0
_SHORT_AWAY_SECONDS = 6.0

# Slower and more work, so that jobs wait in Redis even on a machine with a slow API.
_WORK_SECONDS, _BACKLOG = 0.4, 0.5
QUEUED_LEAST = 5


def _flush(run: Run) -> None:
    run.wait_until_done(0.4)
    run.wait_until_queued(2 * QUEUED_LEAST)
    flush(run)
    run.fault_is_over()


def flush(run: Run) -> None:
    """FLUSHALL, while jobs wait in Redis."""
    queued = run.expect_in_flight("Redis was flushed").queued
    keys = run.world.redis.size()
    if queued < QUEUED_LEAST or not keys:
        raise Missed(f"only {queued} jobs were waiting when Redis was flushed")
    run.world.redis.empty()
    run.notes.append(f"{keys} keys flushed while {queued} jobs were queued")


def _restart_empty(run: Run) -> None:
    run.wait_until_done(0.4)
    run.wait_until_queued(2 * QUEUED_LEAST)
    restart(run, empty=True)
    run.fault_is_over()


def _restart(run: Run) -> None:
    run.wait_until_done(0.4)
    run.wait_until_queued(2 * QUEUED_LEAST)
    restart(run, empty=False)
    run.fault_is_over()


def restart(run: Run, *, empty: bool, away_seconds: float = 0.0) -> None:
    """Kills Redis and starts it again, with what it had written or without."""
    now = run.expect_in_flight("Redis was killed")
    if now.queued < QUEUED_LEAST:
        raise Missed(f"only {now.queued} jobs were waiting when Redis was killed")
    run.world.one_redis.kill()
    if empty:
        run.world.one_redis.forget()
    done = _let_work_go_on(run, away_seconds)
    run.world.one_redis.start()
    run.notes.append(
        f"Redis killed with {now.queued} jobs queued and {now.running} running"
        + (f"; {done} were done in the {away_seconds:g} s without it" if away_seconds else "")
    )


def _let_work_go_on(run: Run, seconds: float) -> int:
    """Lets time pass; returns how many jobs became final meanwhile."""
    before = run.progress()
    pause(seconds)
    return run.progress().final - before.final


def _away(run: Run) -> None:
    run.wait_until_done(0.1)
    seconds = _SHORT_AWAY_SECONDS if run.options.short else AWAY_SECONDS
    before = run.progress().final
    restart(run, empty=False, away_seconds=seconds)
    run.fault_is_over()
    done = run.progress().final - before
    if done < min(0.1 * run.wanted, seconds):
        run.broken.append(f"only {done} jobs were done while Redis was away for {seconds:g} s")


REDIS_FLUSHED = Fault(
    "flush", "Redis flushed at 40 %", _flush, work_seconds=_WORK_SECONDS, backlog=_BACKLOG
)
REDIS_RESTARTED_EMPTY = Fault(
    "redis-empty",
    "Redis killed, restarted empty",
    _restart_empty,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=ONE_REDIS,
)
REDIS_RESTARTED = Fault(
    "redis-aof",
    "Redis killed, restarted with its file",
    _restart,
    work_seconds=_WORK_SECONDS,
    backlog=_BACKLOG,
    redis=ONE_REDIS,
)
REDIS_AWAY = Fault(
    "redis-away", f"Redis away for {AWAY_SECONDS:g} s", _away, work_seconds=0.8, redis=ONE_REDIS
)
