"""The companion of schedules compares jobs with the rule, in evidence that was made up."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tools.chaos.companions.schedules import FiredJob, FireFindings, fire_time_of, judge_fires

STARTS_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UNTIL = STARTS_AT + timedelta(seconds=3.5)  # four fire times


def fired(second: float, name: str = "") -> FiredJob:
    moment = STARTS_AT + timedelta(seconds=second)
    return FiredJob(name or f"job-{second}", moment, "succeeded", moment + timedelta(seconds=0.2))


FIRED = [fired(0), fired(1), fired(2), fired(3)]


def judged(jobs: list[FiredJob], effects: Counter[str] | None = None) -> FireFindings:
    return judge_fires(jobs, STARTS_AT, UNTIL, 1, effects)


def test_a_job_for_each_fire_time_is_right() -> None:
    found = judged(FIRED, Counter(job.id for job in FIRED))
    assert (found.expected, found.missed, found.doubled, found.foreign) == (4, [], [], [])
    assert found.done_wrong == []
    assert found.latest_seconds == 0.2


def test_a_fire_time_without_a_job_is_missed() -> None:
    assert judged([fired(0), fired(2), fired(3)]).missed == [fired(1).fire_time]


def test_a_fire_time_with_two_jobs_is_doubled() -> None:
    assert judged([*FIRED, fired(2, "again")]).doubled == [fired(2).fire_time]


def test_fire_times_after_the_end_are_right_if_each_has_one_job() -> None:
    assert judged([*FIRED, fired(4)]).foreign == []
    assert judged([*FIRED, fired(4), fired(4, "again")]).doubled == [fired(4).fire_time]


def test_moments_beside_the_rule_are_foreign() -> None:
    jobs = [fired(-1), *FIRED, fired(1.5)]
    assert judged(jobs).foreign == [fired(-1).fire_time, fired(1.5).fire_time]


def test_a_job_that_was_not_done_exactly_once_is_found() -> None:
    once = Counter(job.id for job in FIRED)
    assert judged(FIRED, once + Counter(["job-1"])).done_wrong == ["job-1"]
    assert judged(FIRED, once - Counter(["job-1"])).done_wrong == ["job-1"]
    dead = replace(fired(1), state="dead")
    assert judged([fired(0), dead, fired(2), fired(3)]).done_wrong == [dead.id]


def test_the_key_of_a_job_names_its_fire_time() -> None:
    assert fire_time_of(f"schedule:some-id:{STARTS_AT.isoformat()}") == STARTS_AT
