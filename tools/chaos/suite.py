"""Runs faults one after the other and judges each of them."""

import time
from collections.abc import Iterator
from itertools import islice

from tools.chaos.client import Client
from tools.chaos.companions import COMPANIONS, Companion, CompanionReport
from tools.chaos.effects import Effect, appended
from tools.chaos.fault import Fault
from tools.chaos.gate import Backlog, Rate, everything
from tools.chaos.job_rows import JobRow, JobRows
from tools.chaos.judge import INTERRUPTED, Evidence, Findings, judge
from tools.chaos.load import Load
from tools.chaos.options import Options
from tools.chaos.pause import pause
from tools.chaos.plan import planned
from tools.chaos.postgres_group import ASYNCHRONOUS
from tools.chaos.processes import SLOTS
from tools.chaos.run import POLL_SECONDS, Missed, Run
from tools.chaos.timeline import timelines
from tools.chaos.times import RECOVERY_SECONDS
from tools.chaos.verdict import Verdict
from tools.chaos.world import World

BACKLOG_LEAST = 40
# How long the jobs are watched after the allowed time, to tell late jobs from lost ones.
_PATIENCE_SECONDS = 15.0
# A backlog takes as long as without a fault, times this: a busy machine may be slower.
_SLACK = 1.5


class Suite:
    """Faults in one world. `jobs_per_second`: the pace without a fault."""

    def __init__(self, world: World, options: Options) -> None:
        self._world = world
        self._options = options
        self._number = 0
        self.jobs_per_second = 0.0

    def run(self, fault: Fault, jobs: int) -> Verdict:
        """Runs one fault, from its first job to the verdict."""
        self._number += 1
        self._world.mail.seconds = fault.work_seconds
        gate_rows = JobRows(self._world.postgres.url)
        run = self._begin(fault, jobs, gate_rows)
        name = f"{fault.name}{self._number}"
        companions = [make(self._world, name) for make in (*COMPANIONS, *fault.companions)]
        verdict = Verdict(fault.name, fault.what, Findings())
        for companion in companions:
            companion.begin()
        run.load.start()
        try:
            fault.strike(run)
        except Missed as error:
            verdict.missed = str(error)
            run.fault_is_over()
        if fault.per_second is not None:
            run.load.stop()
        self._world.mail.behave()
        run.load.join()
        gate_rows.close()
        verdict.allowed_seconds = self._allowed(run, fault)
        for companion in companions:
            companion.stop()
        self._world.heal()
        self._wait(run, companions, verdict.allowed_seconds)
        self._judge(run, verdict)
        for companion in companions:
            self._add(companion.report(), verdict)
        return verdict

    def _begin(self, fault: Fault, jobs: int, gate_rows: JobRows) -> Run:
        name = f"{fault.name}{self._number}"
        client = self._world.client()
        client.sign_up(name)
        client_id = self._world.job_rows.client_id(name)
        options = self._options
        plan = planned(name, fault.work_seconds, lambda n: fault.delay_seconds(options, n))
        if fault.per_second is not None:
            load = Load(client, plan, Rate(fault.per_second), fault.submit)
        else:
            limit = max(BACKLOG_LEAST, int(fault.backlog * jobs))
            gate = everything if fault.backlog >= 1 else Backlog(gate_rows, client_id, limit)
            load = Load(client, islice(plan, jobs), gate, fault.submit)
        return Run(self._world, options, load, client_id, wanted=jobs)

    def _allowed(self, run: Run, fault: Fault) -> float:
        """The promise, plus the time that the jobs left at the end of the fault take."""
        slots = self._options.workers * SLOTS
        pace = min(self.jobs_per_second or slots, slots / fault.work_seconds)
        return RECOVERY_SECONDS + run.unfinished_at_end / pace * _SLACK

    def _wait(self, run: Run, companions: list[Companion], allowed_seconds: float) -> None:
        """Returns when all jobs are final and none is parked in vain, or when time is up."""
        until = max(time.time(), run.fault_ended_at) + allowed_seconds + _PATIENCE_SECONDS
        while time.time() < until:
            progress = run.progress()
            is_done = progress.queued + progress.running == 0 and not _parked_in_vain(run)
            if is_done and all(companion.is_settled() for companion in companions):
                return
            pause(10 * POLL_SECONDS)

    def _judge(self, run: Run, verdict: Verdict) -> None:
        rows, effects = run.jobs(), self._effects()
        load = run.load
        failovers = run.failovers if self._loses_commits else ()
        findings = judge(
            Evidence(load.planned, load.accepted, rows, effects, run.unknown, failovers)
        )
        verdict.findings = findings
        verdict.broken = [*findings.broken, *run.broken]
        verdict.notes = [*run.notes, *_lost_commits(findings)]
        verdict.recovered_seconds = _recovered(run, rows)
        if verdict.recovered_seconds > verdict.allowed_seconds:
            verdict.broken.append(
                f"recovered after {verdict.recovered_seconds:.1f} s, "
                f"allowed are {verdict.allowed_seconds:.1f} s"
            )
        _judge_answers(load.client, load, verdict)
        # Redis may still name jobs that a failover took: the repair removes them.
        repair = ("--repair",) if self._loses_commits else ()
        verdict.verified = self._world.manage("verify_jobs", *repair) == 0
        if not verdict.verified:
            verdict.broken.append(f"verify_jobs; see {self._world.log_dir}/verify_jobs.log")
        verdict.timelines = timelines(findings.offenders, rows, effects, self._world.log_dir)
        if not self.jobs_per_second:
            self.jobs_per_second = _look_ahead(rows)

    @property
    def _loses_commits(self) -> bool:
        """Whether a failover may take commits that were acknowledged."""
        return self._options.postgresql == ASYNCHRONOUS

    def _add(self, report: CompanionReport, verdict: Verdict) -> None:
        """What companions count goes by rows, and those go back with a failover."""
        verdict.companions[report.name] = report.figures
        verdict.notes.append(report.line)
        if self._loses_commits:
            verdict.notes += [f"not promised: {one}" for one in report.broken]
        else:
            verdict.broken += report.broken

    def _effects(self) -> list[Effect]:
        world = self._world
        return [*world.mail.effects(), *appended(world.effects_file), *world.job_rows.inserted()]


def _lost_commits(findings: Findings) -> Iterator[str]:
    """In words, what a failover took, with every job by name."""
    for ids, what in (
        (findings.taken, "accepted, and lost with the former primary"),
        (findings.undone, "done, and undone with the former primary"),
    ):
        if ids:
            yield f"{len(ids)} {what}: {', '.join(ids)}"


def _parked_in_vain(run: Run) -> bool:
    """Whether a dead letter waits that a worker which was only frozen may still resolve."""
    return any(
        row.waits_for_a_person and row.reason == INTERRUPTED and row.id not in run.unknown
        for row in run.jobs()
    )


def _recovered(run: Run, rows: list[JobRow]) -> float:
    """Seconds from the end of the fault until the last job was final; or until now."""
    if any(not row.is_final for row in rows):
        return time.time() - run.fault_ended_at
    last = max((row.finished_at.timestamp() for row in rows if row.finished_at), default=0.0)
    return max(0.0, last - run.fault_ended_at)


def _judge_answers(client: Client, load: Load, verdict: Verdict) -> None:
    if load.unanswered:
        verdict.broken.append(
            f"{len(load.unanswered)} submissions got no answer, such as {load.unanswered[0]}"
        )
    if client.server_errors:
        verdict.broken.append(
            f"{len(client.server_errors)} answers of 500, such as {client.server_errors[0]}"
        )


def _look_ahead(rows: list[JobRow]) -> float:
    """Jobs a second, from the first that was accepted to the last that was done."""
    ends = [row.finished_at for row in rows if row.finished_at]
    if not ends:
        return 0.0
    took = (max(ends) - min(row.created_at for row in rows)).total_seconds()
    return len(rows) / max(took, 0.1)
