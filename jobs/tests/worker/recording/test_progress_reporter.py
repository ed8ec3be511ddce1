"""Reports wait for the timer, the newest of each job; none is lost while PostgreSQL is away."""

from collections.abc import Sequence

import pytest
from django.db import OperationalError

from jobs.core.claim import ClaimedJob
from jobs.core.progress import Progress, progress_of
from jobs.tests.claims import make_claim
from jobs.worker.recording import progress_reporter
from jobs.worker.recording.progress_reporter import ProgressReporter

Reports = list[tuple[ClaimedJob, Progress]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Reports]:
    calls: list[Reports] = []

    def write(*, reports: Sequence[tuple[ClaimedJob, Progress]]) -> None:
        calls.append(list(reports))

    monkeypatch.setattr(progress_reporter, "progress_write", write)
    return calls


def test_only_the_newest_report_of_a_job_is_written(written: list[Reports]) -> None:
    reporter, one, other = ProgressReporter(), make_claim(), make_claim()
    for number in range(1_000):
        reporter.report(one, progress_of(number))
    reporter.report(other, progress_of(7))
    reporter.write()
    reporter.write()
    assert written == [[(one, progress_of(999)), (other, progress_of(7))], []]


def test_reports_are_kept_while_postgresql_is_away(
    written: list[Reports], monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter, one, other = ProgressReporter(), make_claim(), make_claim()
    reporter.report(one, progress_of(1))
    reporter.report(other, progress_of(2))

    def fail(**_: object) -> None:
        reporter.report(one, progress_of(3))  # meanwhile
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(progress_reporter, "progress_write", fail)
        with pytest.raises(OperationalError):
            reporter.write()
    reporter.write()
    assert written == [[(one, progress_of(3)), (other, progress_of(2))]]
