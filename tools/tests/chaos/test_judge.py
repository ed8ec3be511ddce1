"""The judge finds every kind of broken promise in evidence that was made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tools.chaos.client import Receipt
from tools.chaos.effects import Effect
from tools.chaos.job_rows import JobRow
from tools.chaos.judge import Evidence, Findings, judge
from tools.chaos.lost_commits import LAG_SECONDS, Failover, made_at
from tools.chaos.plan import Planned

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

MAIL = Planned("k", "send_email", "user@example.com", {})
APPEND = Planned("k", "chaos.append", "k", {})
INSERT = Planned("k", "chaos.insert", "k", {})

ROW = JobRow(
    id="job",
    type="send_email",
    key="k",
    state="succeeded",
    attempt=1,
    failures=0,
    errors=[],
    created_at=NOW,
    run_at=NOW,
    claimed_at=NOW,
    started_at=NOW,
    finished_at=NOW,
    worker="w",
    waits_for_a_person=False,
    reason="",
)
DEAD = replace(ROW, state="dead", waits_for_a_person=True, reason="interrupted")


def effect(planned: Planned, seconds: float = 1.0) -> Effect:
    return Effect(planned.effect, "job", (NOW + timedelta(seconds=seconds)).timestamp(), "seen")


def judged(
    planned: Planned = MAIL,
    *,
    rows: list[JobRow] | None = None,
    effects: list[Effect] | None = None,
    receipts: list[Receipt] | None = None,
    unknown: set[str] | None = None,
    failovers: list[Failover] | None = None,
) -> Findings:
    return judge(
        Evidence(
            planned={"k": planned},
            accepted={"k": receipts or [Receipt("job", False, 1)]},
            rows=[ROW] if rows is None else rows,
            effects=[effect(planned)] if effects is None else effects,
            unknown=unknown or set(),
            failovers=failovers or (),
        )
    )


@pytest.mark.parametrize("planned", [MAIL, APPEND, INSERT])
def test_a_job_done_once_is_right(planned: Planned) -> None:
    findings = judged(planned)
    assert (findings.jobs, findings.effects, findings.broken) == (1, 1, [])
    assert not findings.offenders


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [replace(ROW, state="queued", finished_at=None)],
        [replace(ROW, state="running", finished_at=None)],
        [replace(DEAD, waits_for_a_person=False)],
        [replace(ROW, id="another job")],
    ],
)
def test_a_job_that_is_not_final_or_nowhere_is_lost(rows: list[JobRow]) -> None:
    findings = judged(rows=rows)
    assert findings.lost == ["job"]
    assert findings.broken == ["1 lost"]


@pytest.mark.parametrize("state", ["succeeded", "skipped", "cancelled"])
def test_a_final_job_without_its_effect_is_lost(state: str) -> None:
    assert judged(rows=[replace(ROW, state=state)], effects=[]).lost == ["job"]


@pytest.mark.parametrize("planned", [MAIL, INSERT])
def test_two_effects_of_what_must_not_be_repeated_are_a_broken_promise(planned: Planned) -> None:
    findings = judged(planned, effects=[effect(planned), effect(planned, 2)])
    assert findings.duplicated == ["job"]
    assert findings.broken == ["1 done twice, and not to be repeated"]


def test_two_effects_of_what_may_be_repeated_are_shown() -> None:
    findings = judged(APPEND, effects=[effect(APPEND), effect(APPEND, 2)])
    assert findings.repeated == ["job"]
    assert findings.broken == []


def test_parked_is_right_where_the_outcome_cannot_be_known() -> None:
    findings = judged(rows=[DEAD], effects=[], unknown={"job"})
    assert findings.parked == ["job"]
    assert findings.broken == []


@pytest.mark.parametrize(
    ("row", "unknown"),
    [(DEAD, set()), (replace(DEAD, reason="exhausted"), {"job"})],
)
def test_parked_is_wrong_where_the_outcome_is_known(row: JobRow, unknown: set[str]) -> None:
    findings = judged(rows=[row], unknown=unknown)
    assert findings.parked_in_vain == ["job"]
    assert findings.broken == ["1 parked although the outcome is known"]


def test_one_key_is_one_job() -> None:
    two = [Receipt("job", False, 1), Receipt("another job", True, 1)]
    assert judged(receipts=two).broken == ["key k was given to two jobs"]
    new = [Receipt("job", False, 1), Receipt("job", False, 1)]
    assert judged(receipts=new).broken == ["key k was accepted as new more than once"]
    assert judged(rows=[ROW, ROW]).broken == ["two jobs were accepted with one key"]


def test_a_job_must_not_come_before_its_time() -> None:
    assert judged(effects=[effect(MAIL, -1)]).broken == ["job job ran before its time"]


def failover(begins: float, ends: float) -> list[Failover]:
    return [Failover(NOW.timestamp() + begins, NOW.timestamp() + ends)]


def test_what_a_failover_without_a_synchronous_standby_took_is_named() -> None:
    job_id = "019afc6a-1a2b-7000-8000-000000000000"
    gone = [Receipt(job_id, False, 1)]
    made = made_at(job_id) - NOW.timestamp()
    found = judged(rows=[], receipts=gone, failovers=failover(made + 1, made + 20))
    assert (found.taken, found.offenders, found.broken) == ([job_id], [job_id], [])
    twice = [effect(MAIL, 1), effect(MAIL, 30)]
    found = judged(effects=twice, failovers=failover(2, 20))
    assert (found.undone, found.broken) == (["job"], [])
    found = judged(rows=[DEAD], failovers=failover(2, 20))
    assert (found.undone, found.parked, found.broken) == (["job"], ["job"], [])


def test_it_excuses_nothing_that_was_committed_long_before_or_after() -> None:
    job_id = "019afc6a-1a2b-7000-8000-000000000000"
    gone = [Receipt(job_id, False, 1)]
    made = made_at(job_id) - NOW.timestamp()
    late = failover(made + LAG_SECONDS + 1, made + 20)
    assert judged(rows=[], receipts=gone, failovers=late).lost == [job_id]
    twice = [effect(MAIL, 1), effect(MAIL, 30)]
    late = failover(LAG_SECONDS + 2, 20)
    assert judged(effects=twice, failovers=late).duplicated == ["job"]
    assert judged(rows=[DEAD], failovers=failover(-20, -1)).parked_in_vain == ["job"]
    queued = replace(ROW, state="queued", finished_at=None)
    assert judged(rows=[queued], failovers=failover(2, 20)).lost == ["job"]
