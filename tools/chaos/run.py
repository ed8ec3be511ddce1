"""One fault, from the first job to the last: what it may ask, and what it leaves for the judge."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tools.chaos.job_rows import JobRow, Progress
from tools.chaos.load import Load
from tools.chaos.lost_commits import Failover
from tools.chaos.options import Options
from tools.chaos.pause import pause
from tools.chaos.plan import ONCE
from tools.chaos.processes import SLOTS, WorkerProcess
from tools.chaos.times import WORKER_TIMEOUT_SECONDS
from tools.chaos.world import World

POLL_SECONDS = 0.03
# Statements that a killed process had sent may still arrive in PostgreSQL for this long.
ARRIVAL_SECONDS = 0.3
_STALLED_SECONDS = 60.0
_HELD_SECONDS = WORKER_TIMEOUT_SECONDS / 2
_BUSY_SECONDS = 15.0


class Missed(Exception):
    """The fault did not happen while jobs were in flight, so it proves nothing."""


@dataclass
class Run:
    """`wanted`: how many jobs there will be. `unknown`: jobs whose outcome cannot be known.

    `failovers`: of PostgreSQL.
    """

    world: World
    options: Options
    load: Load
    client_id: int
    wanted: int
    unknown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failovers: list[Failover] = field(default_factory=list)
    fault_ended_at: float = 0.0
    unfinished_at_end: int = 0

    def progress(self) -> Progress:
        return self.world.job_rows.progress(self.client_id)

    def jobs(self) -> list[JobRow]:
        return self.world.job_rows.jobs(self.client_id)

    def wait_until_done(self, share: float) -> None:
        """Returns when that share of all jobs is final; `Missed` if none finishes for 60 s."""
        best, moved_at = -1, time.monotonic()
        while (final := self.progress().final) < share * self.wanted:
            if final > best:
                best, moved_at = final, time.monotonic()
            if time.monotonic() - moved_at > _STALLED_SECONDS:
                raise Missed(f"{final} of {self.wanted} jobs were done, and then no more")
            pause(POLL_SECONDS)

    def wait_until_queued(self, least: int) -> None:
        """Returns at a moment when so many jobs wait.

        Workers may be faster than the clients: then they are held for a moment, which is too short
        for one to count as dead. `Missed` if jobs do not come in.
        """
        if self.progress().queued >= least:
            return
        workers = list(self.world.crew.workers)
        deadline = time.monotonic() + _HELD_SECONDS
        for worker in workers:
            worker.freeze()
        try:
            while self.progress().queued < least:
                if time.monotonic() > deadline:
                    raise Missed(f"{least} jobs did not come in within {_HELD_SECONDS:g} s")
                pause(POLL_SECONDS)
        finally:
            for worker in workers:
                worker.thaw()

    def expect_in_flight(self, when: str) -> Progress:
        """Returns the progress at this moment; raises `Missed` if no job is running."""
        deadline = time.monotonic() + 2.0
        while (now := self.progress()).running == 0:
            if time.monotonic() > deadline:
                raise Missed(f"no job was running when {when}")
            pause(POLL_SECONDS)
        return now

    def busiest_worker(self, spare: Iterable[WorkerProcess] = ()) -> WorkerProcess:
        """Returns the worker that runs most jobs; waits up to 15 s for one."""
        spared = set(spare)
        deadline = time.monotonic() + _BUSY_SECONDS
        while time.monotonic() < deadline:
            for pid in self.world.job_rows.busiest(self.client_id):
                worker = self.world.crew.find(pid)
                if worker is not None and worker.alive and worker not in spared:
                    return worker
            pause(POLL_SECONDS)
        raise Missed("no worker was running a job")

    def kill(self, victim: WorkerProcess) -> int:
        """SIGKILL for a worker, which is replaced at once; returns how many jobs it held.

        Only the jobs that it was running may be parked.
        """
        victim.kill_all()
        pause(ARRIVAL_SECONDS)
        held = self.note_interrupted([victim.pid], SLOTS)
        self.world.crew.replace(victim)
        return held

    def note_interrupted(self, pids: Sequence[int], slots: int) -> int:
        """Notes the jobs that killed workers had begun; returns how many jobs they held.

        Those may be parked. There may be two for each slot: one that was running, and one that had
        finished while the commit in flight took other outcomes. With more the recorder was behind,
        and handlers should have waited for it.
        """
        held = self.world.job_rows.held_by(pids, self.client_id)
        interrupted = [one.id for one in held if one.started and one.type in ONCE]
        if len(interrupted) > 2 * slots:
            self.broken.append(f"{len(interrupted)} jobs had begun in {slots} slots")
        self.unknown.update(interrupted)
        return len(held)

    def note_dropped_mails(self) -> None:
        """Mails whose sender was told nothing: their outcome is unknown."""
        self.unknown.update(mail.job_id for mail in list(self.world.mail.mails) if mail.dropped)

    def fault_is_over(self, at: float | None = None) -> None:
        """From now on, or since then, the clock of the recovery runs."""
        self.fault_ended_at = time.time() if at is None else at
        self.unfinished_at_end = max(0, self.wanted - self.progress().final)
