"""Judges one fault. It does no I/O, so that it can be tested with made-up evidence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tools.chaos.client import Receipt
from tools.chaos.effects import Effect, by_name
from tools.chaos.job_rows import JobRow
from tools.chaos.lost_commits import Failover, made_at, may_be_lost
from tools.chaos.plan import IDEMPOTENT, Planned

INTERRUPTED = "interrupted"
# PostgreSQL says when a job is due, another process when its effect happened: rounding differs.
_EARLY_SECONDS = 0.05


@dataclass(frozen=True)
class Evidence:
    """What clients, tables and the outside world saw. `unknown`: jobs of unknown outcome.

    `failovers`: those that may have taken commits with them; none where replication is synchronous.
    """

    planned: Mapping[str, Planned]
    accepted: Mapping[str, Sequence[Receipt]]
    rows: Sequence[JobRow]
    effects: Sequence[Effect]
    unknown: Collection[str]
    failovers: Sequence[Failover] = ()


@dataclass
class Findings:
    """Job ids by what became of the jobs; `broken` says in words which promises were not kept.

    repeated: effects that happened again and are allowed to.
    taken: jobs whose acceptance a failover took; undone: jobs whose outcome it took, so that they
    were done again or wait for a person.
    """

    jobs: int = 0
    effects: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    parked_in_vain: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def offenders(self) -> list[str]:
        """The jobs about which something is to be found out."""
        broken = [*self.lost, *self.duplicated, *self.parked_in_vain]
        return list(dict.fromkeys([*broken, *self.taken, *self.undone]))


def judge(evidence: Evidence) -> Findings:
    """What the evidence says."""
    effects = by_name(evidence.effects)
    rows = {row.key: row for row in evidence.rows}
    findings = Findings(jobs=len(evidence.planned))
    for key, receipts in evidence.accepted.items():
        planned = evidence.planned[key]
        seen = effects.get(planned.effect, [])
        findings.effects += len(seen)
        _judge_acceptance(key, receipts, findings)
        _judge_job(planned, receipts[0].job_id, rows.get(key), seen, evidence.failovers, findings)
    _judge_parked(evidence, findings)
    if len(rows) != len(evidence.rows):
        findings.broken.append("two jobs were accepted with one key")
    for ids, promise in (
        (findings.lost, "lost"),
        (findings.duplicated, "done twice, and not to be repeated"),
        (findings.parked_in_vain, "parked although the outcome is known"),
    ):
        if ids:
            findings.broken.append(f"{len(ids)} {promise}")
    return findings


def _judge_acceptance(key: str, receipts: Sequence[Receipt], findings: Findings) -> None:
    if len({receipt.job_id for receipt in receipts}) > 1:
        findings.broken.append(f"key {key} was given to two jobs")
    if sum(not receipt.duplicate for receipt in receipts) > 1:
        findings.broken.append(f"key {key} was accepted as new more than once")


def _judge_job(
    planned: Planned,
    job_id: str,
    row: JobRow | None,
    seen: Sequence[Effect],
    failovers: Sequence[Failover],
    findings: Findings,
) -> None:
    if row is None and failovers and may_be_lost(made_at(job_id), failovers):
        findings.taken.append(job_id)
    elif row is None or row.id != job_id or _is_lost(row, seen):
        findings.lost.append(job_id)
    if len(seen) > 1:
        _again(planned, seen, failovers, findings).append(job_id)
    # A failure moves run_at into the future: an effect before that was not early.
    if row is not None and row.failures == 0 and _came_early(row, seen):
        findings.broken.append(f"job {job_id} ran before its time")


def _again(
    planned: Planned, seen: Sequence[Effect], failovers: Sequence[Failover], findings: Findings
) -> list[str]:
    """Where a job belongs whose effect happened again."""
    if planned.type in IDEMPOTENT:
        return findings.repeated
    *earlier, _ = sorted(effect.at for effect in seen)
    are_lost = all(may_be_lost(at, failovers) for at in earlier)
    return findings.undone if are_lost else findings.duplicated


def _is_lost(row: JobRow, seen: Sequence[Effect]) -> bool:
    """Not final; or final, without its effect and without a dead letter for a person."""
    if row.state == "dead":
        return not row.waits_for_a_person
    return not row.is_final or not seen


def _came_early(row: JobRow, seen: Sequence[Effect]) -> bool:
    return any(effect.at < row.run_at.timestamp() - _EARLY_SECONDS for effect in seen)


def _judge_parked(evidence: Evidence, findings: Findings) -> None:
    for row in evidence.rows:
        if row.waits_for_a_person:
            findings.parked.append(row.id)
            if row.reason == INTERRUPTED and _began_before(row, evidence.failovers):
                findings.undone.append(row.id)
            elif row.id not in evidence.unknown or row.reason != INTERRUPTED:
                findings.parked_in_vain.append(row.id)


def _began_before(row: JobRow, failovers: Sequence[Failover]) -> bool:
    """Whether a failover may have taken the outcome of the attempt."""
    return row.started_at is not None and may_be_lost(row.started_at.timestamp(), failovers)
