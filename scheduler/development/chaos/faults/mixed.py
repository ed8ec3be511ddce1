"""Everything, in random order, for as long as wanted, under continuous load."""

import random
import time
from collections import Counter
from collections.abc import Callable

from scheduler.development.chaos.fault import Fault
from scheduler.development.chaos.faults import postgres, redis
from scheduler.development.chaos.faults.workers import freeze_one
from scheduler.development.chaos.memory import Memory
from scheduler.development.chaos.processes import WorkerProcess
from scheduler.development.chaos.run import Missed, Run

JOBS_PER_SECOND = 12.0
_BETWEEN = (2.0, 6.0)

Strike = Callable[[Run, random.Random], None]


def _mix(run: Run) -> None:
    """The first half of the workers is never ended, so that their memory can be watched."""
    chance = random.Random(run.options.seed)  # noqa: S311 - to be repeatable
    memory = Memory(_veterans(run))
    memory.start()
    happened: Counter[str] = Counter()
    until = time.monotonic() + run.options.minutes * 60
    while time.monotonic() < until:
        time.sleep(chance.uniform(*_BETWEEN))
        name = chance.choice(list(_STRIKES))
        try:
            _STRIKES[name](run, chance)
            happened[name] += 1
        except Missed:
            happened["missed"] += 1
        run.world.crew.complete()
    run.note_dropped_mails()
    run.load.stop()
    run.wanted = len(run.load.planned)
    run.fault_is_over()
    memory.stop()
    run.notes[:] = [", ".join(f"{name} {n}" for name, n in sorted(happened.items()))]
    run.notes.append(memory.report())
    if memory.grows():
        run.broken.append(memory.report())


def _veterans(run: Run) -> list[WorkerProcess]:
    return run.world.crew.workers[: max(1, run.options.workers // 2)]


def _kill(run: Run, chance: random.Random) -> None:
    if not run.kill(run.busiest_worker(spare=_veterans(run))):
        raise Missed("the killed worker held no job")


def _terminate(run: Run, chance: random.Random) -> None:
    victim = run.busiest_worker(spare=_veterans(run))
    if status := victim.stop():
        run.broken.append(f"{victim.name} ended with {status} after SIGTERM; see {victim.log}")
    run.world.crew.replace(victim)


def _freeze(run: Run, chance: random.Random) -> None:
    freeze_one(run)


def _kill_api(run: Run, chance: random.Random) -> None:
    run.world.api.kill()
    run.world.api.start()


def _flush(run: Run, chance: random.Random) -> None:
    run.expect_in_flight("Redis was flushed")
    run.world.redis.empty()


def _restart_redis(run: Run, chance: random.Random) -> None:
    redis.restart(run, empty=chance.random() < 0.5, away_seconds=chance.uniform(0, 8))


def _restart_postgres(run: Run, chance: random.Random) -> None:
    postgres.restart(run, away_seconds=chance.uniform(0, 8))


def _cut(run: Run, chance: random.Random) -> None:
    postgres.cut(run, 2.0)


def _refuse_mail(run: Run, chance: random.Random) -> None:
    run.world.mail.refused_share = 0.3
    time.sleep(chance.uniform(2, 5))
    run.world.mail.behave()


def _drop_mail(run: Run, chance: random.Random) -> None:
    run.world.mail.dropped_share = 0.1
    time.sleep(chance.uniform(2, 4))
    run.world.mail.behave()


_STRIKES: dict[str, Strike] = {
    "SIGKILL": _kill,
    "SIGTERM": _terminate,
    "freeze": _freeze,
    "API killed": _kill_api,
    "FLUSHALL": _flush,
    "Redis restarted": _restart_redis,
    "PostgreSQL restarted": _restart_postgres,
    "connections cut": _cut,
    "mails refused": _refuse_mail,
    "mails dropped": _drop_mail,
}

MIXED = Fault("mixed", "random faults under load", _mix, per_second=JOBS_PER_SECOND)
