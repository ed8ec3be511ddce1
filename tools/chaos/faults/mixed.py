"""Most of the faults in random order, several at a time, under continuous load."""

import random
import time
from collections import Counter
from collections.abc import Callable

from tools.chaos.fault import ONE_POSTGRESQL, ONE_REDIS, Fault
from tools.chaos.faults import degraded, postgres
from tools.chaos.memory import Memory
from tools.chaos.pause import pause
from tools.chaos.plan import ONCE
from tools.chaos.processes import WorkerProcess
from tools.chaos.run import Missed, Run

JOBS_PER_SECOND = 15.0
_BETWEEN_SECONDS = (1.0, 4.0)
_CUTTING_SECONDS = 2.0

Undo = Callable[[], None]


def _mix(run: Run) -> None:
    mix = Mix(run, _BETWEEN_SECONDS)
    memory = Memory(mix.veterans, run.world.memory_file)
    memory.start()
    mix.go_on_for(run.options.minutes * 60)
    run.load.stop()
    run.note_dropped_mails()
    run.wanted = len(run.load.planned)
    run.fault_is_over()
    memory.stop()
    run.notes[:] = [mix.summary(), memory.report()]
    if memory.grows():
        run.broken.append(memory.report())


class Mix:
    """One fault after the other; some last while others come. `between`: seconds, at random.

    The first half of the workers is never ended, so that their memory can be measured.
    """

    def __init__(self, run: Run, between: tuple[float, float]) -> None:
        self._run = run
        self._between = between
        self._chance = random.Random(run.options.seed)  # noqa: S311 - to be repeatable
        self._happened: Counter[str] = Counter()
        self._lasting: dict[str, tuple[float, Undo]] = {}
        self._frozen: list[WorkerProcess] = []
        self.veterans = run.world.crew.workers[: max(1, run.options.workers // 2)]

    def go_on_for(self, seconds: float) -> None:
        """Returns when the time is over and nothing lasts any more."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._pause(min(left, self._chance.uniform(*self._between)))
            self._strike()
        while self._lasting:
            self._pause(0.1)
        self._run.world.crew.complete()

    def summary(self) -> str:
        """What happened how often."""
        return ", ".join(f"{name} {times}" for name, times in sorted(self._happened.items()))

    def _strike(self) -> None:
        strikes = {
            "SIGKILL": self._kill,
            "SIGTERM": self._terminate,
            "freeze": self._freeze,
            "API killed": self._kill_api,
            "FLUSHALL": self._flush,
            "Redis away": self._stop_redis,
            "Redis frozen": lambda: self._degrade(degraded.freeze_redis),
            "Redis slow": lambda: self._degrade(degraded.slow_redis),
            "Redis full": lambda: self._degrade(degraded.fill_redis),
            "Redis demoted": lambda: self._degrade(degraded.demote_redis),
            "PostgreSQL frozen": lambda: self._degrade(degraded.freeze_postgres),
            "PostgreSQL read-only": lambda: self._degrade(degraded.demote_postgres),
            "PostgreSQL refuses": lambda: self._degrade(degraded.refuse_sessions),
            "PostgreSQL restarted": self._restart_postgres,
            "connections cut": self._cut,
            "mails refused": self._refuse_mails,
            "mails dropped": self._drop_mails,
        }
        name = self._chance.choice([name for name in strikes if name not in self._lasting])
        try:
            strikes[name]()
            self._happened[name] += 1
        except Missed:
            self._happened["missed"] += 1

    def _pause(self, seconds: float) -> None:
        """Lets time pass, and ends what has lasted long enough."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pause(0.05)
            for name, (end, undo) in list(self._lasting.items()):
                if time.monotonic() > end:
                    undo()
                    del self._lasting[name]

    def _last(self, name: str, shortest: float, longest: float, undo: Undo) -> None:
        end = time.monotonic() + self._chance.uniform(shortest, longest)
        self._lasting[name] = (end, undo)

    def _victim(self) -> WorkerProcess:
        """A worker that may be ended."""
        return self._run.busiest_worker(spare=[*self.veterans, *self._frozen])

    def _kill(self) -> None:
        if not self._run.kill(self._victim()):
            raise Missed("the killed worker held no job")

    def _terminate(self) -> None:
        victim = self._victim()
        if status := victim.stop():
            self._run.broken.append(f"{victim.name}: {status} after SIGTERM; see {victim.log}")
        self._run.world.crew.replace(victim)

    def _freeze(self) -> None:
        """Freezes a worker for less or more than the worker timeout.

        The mails that it is sending may time out meanwhile: their outcome is unknown.
        """
        victim = self._run.busiest_worker()
        victim.freeze()
        self._frozen.append(victim)
        held = self._run.world.job_rows.held_by([victim.pid], self._run.client_id)
        self._run.unknown.update(one.id for one in held if one.started and one.type in ONCE)

        def thaw() -> None:
            victim.thaw()
            self._frozen.remove(victim)

        self._last("freeze", 2, 9, thaw)

    def _kill_api(self) -> None:
        self._run.world.api.kill()
        self._run.world.api.start()

    def _flush(self) -> None:
        if "Redis away" in self._lasting:
            raise Missed("Redis was away")
        self._run.world.one_redis.empty()

    def _stop_redis(self) -> None:
        """Kills Redis; it comes back with its file, or empty."""
        redis = self._run.world.one_redis
        redis.kill()
        if self._chance.random() < 0.5:
            redis.forget()
        self._last("Redis away", 0, 8, redis.start)

    def _degrade(self, degradation: degraded.Degradation) -> None:
        """Degrades a server for less or more than the worker timeout."""
        if "Redis away" in self._lasting:
            raise Missed("Redis was away")
        degradation(self._run, self._chance.uniform(1, 8))

    def _restart_postgres(self) -> None:
        postgres.restart(self._run, away_seconds=self._chance.uniform(0, 8))

    def _cut(self) -> None:
        postgres.cut(self._run, _CUTTING_SECONDS)

    def _refuse_mails(self) -> None:
        mail = self._run.world.mail
        mail.refused_share = 0.3
        self._last("mails refused", 2, 6, lambda: setattr(mail, "refused_share", 0.0))

    def _drop_mails(self) -> None:
        mail = self._run.world.mail
        mail.dropped_share = 0.1
        self._last("mails dropped", 1, 4, lambda: setattr(mail, "dropped_share", 0.0))


MIXED = Fault(
    "mixed",
    "random faults under load",
    _mix,
    per_second=JOBS_PER_SECOND,
    redis=ONE_REDIS,
    postgresql=ONE_POSTGRESQL,
)
