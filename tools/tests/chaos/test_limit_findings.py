"""What overlaps under a limit is counted, in evidence that was made up."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.chaos.companions.limit_findings import (
    LimitedJob,
    LimitFindings,
    is_fair,
    judge_limits,
    line_about,
    waits_by_tenant,
)
from tools.chaos.spans import Lease, Span, most_at_once, read_spans

NOW = 1_000.0


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


def span(job: str, began: float, ended: float | None, attempt: int = 1) -> Span:
    return Span(f"effect-{job}", job, attempt, NOW + began, None if ended is None else NOW + ended)


def done(finished: float = 100.0, tenant: str | None = None) -> LimitedJob:
    """A job that succeeded in its first attempt."""
    return LimitedJob(Lease(1, [], at(0), at(finished)), {"queue:q": 1}, tenant, NOW)


def rescued(lost: float) -> LimitedJob:
    """A job whose first attempt was taken away."""
    errors = [{"attempt": 1, "at": at(lost).isoformat()}]
    return LimitedJob(Lease(2, errors, at(lost + 1), at(100)), {"queue:q": 1}, None, NOW)


def judged(spans: list[Span], **jobs: LimitedJob) -> LimitFindings:
    return judge_limits(spans, jobs)


def test_one_after_the_other_is_right() -> None:
    found = judged([span("a", 0, 1), span("b", 1, 2)], a=done(), b=done())
    assert (found.attempts, found.most, found.exceeded) == (2, {"queue:q": 1}, [])


def test_a_job_that_a_failover_took_is_counted_apart() -> None:
    spans = [span("a", 0, 1), span("gone", 0.5, 1)]
    jobs = {"a": done(tenant="busy")}
    found = judge_limits(spans, jobs)
    assert (found.attempts, found.gone, found.most) == (2, 1, {"queue:q": 1})
    assert "2 attempts, 1 of jobs that are gone, at once" in line_about(found, 0, {})
    assert waits_by_tenant(spans, jobs) == {"busy": [0.0]}


def test_two_at_once_are_one_too_many() -> None:
    found = judged([span("a", 0, 1), span("b", 0.9, 2)], a=done(), b=done())
    assert found.most == {"queue:q": 2}
    assert found.exceeded == ["queue:q"]


def test_what_a_frozen_attempt_does_without_its_lease_is_counted_apart() -> None:
    spans = [span("a", 0, 9), span("b", 6, 10), span("a", 11, 12, attempt=2)]
    found = judged(spans, a=rescued(5), b=done())
    assert found.exceeded == []
    assert found.without_lease == 1


def test_an_attempt_that_begins_without_its_lease_counts_for_no_limit() -> None:
    spans = [span("a", 6, 9), span("b", 5, 10)]
    found = judged(spans, a=rescued(5), b=done())
    assert (found.most, found.without_lease) == ({"queue:q": 1}, 1)


def test_an_attempt_holds_its_lease_until_it_is_rescued() -> None:
    """Killed, frozen or cut off: the place is taken until the rescue."""
    found = judged([span("a", 0, None), span("b", 4, 10)], a=rescued(5), b=done())
    assert found.exceeded == ["queue:q"]
    assert found.without_lease == 0


def test_an_attempt_that_was_taken_away_without_a_failure_ends_with_the_next_claim() -> None:
    job = LimitedJob(Lease(2, [], at(5), at(100)), {"queue:q": 1}, None, NOW)
    found = judged([span("a", 0, None), span("b", 6, 7)], a=job, b=done())
    assert found.exceeded == []


def test_an_attempt_without_an_end_goes_on() -> None:
    job = LimitedJob(Lease(1, [], at(0), None), {"queue:q": 1}, None, NOW)
    assert judged([span("a", 0, None), span("b", 6, 7)], a=job, b=done()).exceeded


def test_the_worst_moment_counts() -> None:
    assert most_at_once([]) == 0
    assert most_at_once([(0, 10), (1, 2), (3, 4), (3, 5), (4, 6)]) == 3


def test_the_quiet_tenant_must_wait_for_less_time() -> None:
    long, short = [4.0] * 6, [0.5] * 6
    assert is_fair({"busy": long, "quiet": short})
    assert not is_fair({"busy": long, "quiet": [5.0] * 6})


@pytest.mark.parametrize("busy", [[0.1] * 6, [4.0] * 3])
def test_turns_tell_nothing_where_hardly_anything_waited(busy: list[float]) -> None:
    assert is_fair({"busy": busy, "quiet": [9.0] * 6})


def test_a_wait_ends_with_the_first_attempt() -> None:
    jobs = {"a": done(tenant="busy"), "b": done(tenant="quiet"), "c": done()}
    spans = [span("a", 3, 4), span("a", 1, 2), span("b", 2, 3), span("c", 5, 6)]
    assert waits_by_tenant(spans, jobs) == {"busy": [1.0], "quiet": [2.0]}


def test_spans_are_read_from_what_jobs_have_written(tmp_path: Path) -> None:
    file = tmp_path / "spans"
    assert read_spans(file, "kill2-") == []
    file.write_text(
        "begin kill2-1 job-a 1 5.0\nbegin kill2-1 job-a 2 8.0\nend kill2-1 job-a 2 9.0\n"
        "begin kill21-1 job-b 1 5.0\n"
    )
    assert read_spans(file, "kill2-") == [
        Span("kill2-1", "job-a", 1, 5.0, None),
        Span("kill2-1", "job-a", 2, 8.0, 9.0),
    ]
