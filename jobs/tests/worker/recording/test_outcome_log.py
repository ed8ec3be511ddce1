"""One log line for each outcome: its level, its event, and no line for a success."""

import logging

import pytest

from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, Failed, NotStarted, Outcome, Succeeded
from jobs.core.retry import Cancel, Die, Requeue, Succeed
from jobs.core.states import DeathReason
from jobs.services.attempts import Recorded
from jobs.tests.claims import make_claim
from jobs.tests.errors import make_error
from jobs.worker.recording.outcome_log import log_recorded, log_written_before

FAILED = Failed(make_error())


@pytest.mark.parametrize(
    ("outcome", "move", "level", "event"),
    [
        (Succeeded(), Succeed(), logging.DEBUG, "job.recorded"),
        (FAILED, Requeue(2.0, failures=1, crashes=0), logging.WARNING, "job.retried"),
        (NotStarted(), Requeue(0.0, failures=0, crashes=0), logging.INFO, "job.given_back"),
        (FAILED, Cancel(), logging.INFO, "job.cancelled"),
        (CutOff(make_error()), Die(DeathReason.INTERRUPTED, 0, 0), logging.ERROR, "job.dead"),
    ],
)
def test_each_move_has_its_level_and_event(
    outcome: Outcome,
    move: Succeed | Requeue | Cancel | Die,
    level: int,
    event: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    claim = make_claim(attempt=3)
    log_recorded(Recorded(Finished(claim, outcome, 0.0421), move, written=True))
    [line] = caplog.records
    fields = vars(line)
    assert (line.levelno, fields["event"]) == (level, event)
    assert (fields["job_id"], fields["attempt"]) == (str(claim.id), 3)
    assert (fields["job_type"], fields["worker_id"]) == (claim.type, str(claim.worker_id))
    assert (fields["queue"], fields["seconds"]) == (claim.queue, 0.042)


def test_a_success_is_not_logged_unless_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log_recorded(Recorded(Finished(make_claim(), Succeeded()), Succeed(), written=True))
    assert not caplog.records


def test_what_was_taken_away_is_dropped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    dropped = Recorded(Finished(make_claim(), Succeeded()), Succeed(), written=False)
    log_recorded(dropped)
    log_written_before(dropped)
    assert [vars(line)["event"] for line in caplog.records] == [
        "job.fenced",
        "job.written_or_fenced",
    ]
