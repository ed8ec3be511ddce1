"""One fault, from the first job to the last: what it may ask, and what it has to tell."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tools.chaos.ledger import JobRow, Progress
from tools.chaos.load import Load
from tools.chaos.options import Options
from tools.chaos.pause import pause
from tools.chaos.plan import ONCE
from tools.chaos.processes import SLOTS, WorkerProcess
from tools.chaos.world import World

POLL_SECONDS = 0.03
# What a killed process had sent off may still arrive in the ledger.
SETTLE_SECONDS = 0.3
_STALLED_SECONDS = 60.0
_BUSY_SECONDS = 15.0


class Missed(Exception):
    """The fault did not happen while jobs were in flight, so that nothing was shown."""


@dataclass
class Run:
    """`wanted`: how many jobs there will be. `unknown`: those whose outcome nobody can know."""

    world: World
    options: Options
    load: Load
    client_id: int
    wanted: int
    unknown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    fault_ended_at: float = 0.0
    unfinished_at_end: int = 0

    def progress(self) -> Progress:
        return self.world.ledger.progress(self.client_id)

    def jobs(self) -> list[JobRow]:
        return self.world.ledger.jobs(self.client_id)

    def wait_until_done(self, share: float) -> None:
        """Returns when that share of all jobs is final; raises `Missed` if they stand still."""
        best, moved_at = -1, time.monotonic()
        while (final := self.progress().final) < share * self.wanted:
            if final > best:
                best, moved_at = final, time.monotonic()
            if time.monotonic() - moved_at > _STALLED_SECONDS:
                raise Missed(f"{final} of {self.wanted} jobs were done, and then no more")
            pause(POLL_SECONDS)

    def expect_in_flight(self, when: str) -> Progress:
        """Where the jobs are at this moment; raises `Missed` if none is running."""
        deadline = time.monotonic() + 2.0
        while (now := self.progress()).running == 0:
            if time.monotonic() > deadline:
                raise Missed(f"no job was running when {when}")
            pause(POLL_SECONDS)
        return now

    def busiest_worker(self, spare: Iterable[WorkerProcess] = ()) -> WorkerProcess:
        """The worker that runs most jobs at this moment; waits for one."""
        spared = set(spare)
        deadline = time.monotonic() + _BUSY_SECONDS
        while time.monotonic() < deadline:
            for pid in self.world.ledger.busiest(self.client_id):
                worker = self.world.crew.find(pid)
                if worker is not None and worker.alive and worker not in spared:
                    return worker
            pause(POLL_SECONDS)
        raise Missed("no worker was running a job")

    def kill(self, victim: WorkerProcess) -> int:
        """SIGKILL for a worker, which is replaced at once; returns how many jobs it held.

        What it was executing may be parked, and nothing else.
        """
        victim.kill_all()
        pause(SETTLE_SECONDS)
        held = self.note_executing([victim.pid], SLOTS)
        self.world.crew.replace(victim)
        return held

    def note_executing(self, pids: Sequence[int], slots: int) -> int:
        """Asks what workers that were killed have left; returns how many jobs they held.

        What they were executing may be parked, and there may be no more of it than slots.
        """
        held = self.world.ledger.in_hand(pids, self.client_id)
        executing = [one.id for one in held if one.started and one.type in ONCE]
        if len(executing) > slots:
            self.broken.append(f"{len(executing)} jobs had begun in {slots} slots")
        self.unknown.update(executing)
        return len(held)

    def note_dropped_mails(self) -> None:
        """Mails whose sender was told nothing: their outcome is unknown."""
        self.unknown.update(mail.job_id for mail in list(self.world.mail.mails) if mail.dropped)

    def fault_is_over(self, at: float | None = None) -> None:
        """From now on, or since then, the clock of the recovery runs."""
        self.fault_ended_at = time.time() if at is None else at
        self.unfinished_at_end = max(0, self.wanted - self.progress().final)
