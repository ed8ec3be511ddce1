"""A redrive replays what its filter finds, at its rate, each dead letter once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from accounts.services.users import user_delete
from jobs.core.limit import UNTIL_DUE
from jobs.core.redrive_errors import NothingSelected, RedriveEnded
from jobs.core.selection import Selection
from jobs.core.states import DeathReason, JobState, RedriveState
from jobs.core.submission_right import (
    SubmissionNotAllowed,
    SubmissionRight,
    current_submission_right,
)
from jobs.models import Batch, DeadLetter, Event, Job, Redrive
from jobs.models.dead_letter import DeadLetterQuerySet
from jobs.services.batches import batch_create
from jobs.services.chains import chain_create
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.enqueue import JobRequest
from jobs.services.maintenance import redrive as step
from jobs.services.maintenance.redrive import jobs_redrive
from jobs.services.redrives import (
    redrive_cancel,
    redrive_pause,
    redrive_resume,
    redrive_trial,
    selection_seen_by,
)
from jobs.services.standing_work import StandingWork
from jobs.services.verification.database import database_checks
from jobs.tests.factories import make_job, make_user
from jobs.tests.locks import held_elsewhere
from jobs.tests.services.redrives.redriving import (
    ALL,
    dead,
    end_queued,
    go_on,
    now,
    resolutions,
    start,
)
from jobs.tests.steps import die, interrupt, stored
from jobs.tests.threads import at_once
from jobs.tests.violations import found

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_redrive_from_its_start_to_the_last_outcome() -> None:
    ann = make_user(username="ann")
    letters = dead(3)
    redrive = start(rate=2.0, created_by_id=ann.pk, reason="the database is back")
    assert (redrive.state, redrive.total, redrive.done) == (RedriveState.RUNNING, 3, 0)

    assert go_on(redrive).replayed == 2  # two a second; those that died first come first
    assert resolutions() == ["replayed", "replayed", ""]
    redrive = go_on(redrive)

    assert (redrive.state, redrive.replayed, redrive.pending) == (RedriveState.COMPLETED, 3, 3)
    for letter in letters:
        job = stored(letter.job)
        assert (job.state, job.replay_of, job.failures) == (JobState.QUEUED, letter.id, 0)
        letter.refresh_from_db()
        assert (letter.redrive_id, letter.resolved_by_name) == (redrive.id, "ann")
    assert found(database_checks()) == {}

    end_queued()
    redrive = go_on(redrive)
    assert (redrive.succeeded, redrive.failed, redrive.pending) == (3, 0, 0)
    assert redrive.settled_at is not None
    assert not StandingWork().read().has_redrives
    assert set(DeadLetter.objects.values_list("replay_ended", flat=True)) == {"succeeded"}
    events = Event.objects.about("redrive", redrive.id)
    assert [one.action for one in events] == ["redrive.completed", "redrive.started"]
    assert (events[1].actor_name, events[1].reason) == ("ann", "the database is back")
    assert events[1].after["total"] == 3
    assert found(database_checks()) == {}


def test_what_is_gone_before_its_turn_is_told() -> None:
    """Of an account that was deleted, for example: its dead letters name no client any more."""
    user = make_user()
    for _ in range(3):
        die(make_job(submitted_by_id=user.pk))
    redrive = start(Selection(client=str(user.pk)))
    user_delete(user=user)
    redrive = go_on(redrive)
    assert (redrive.state, redrive.total, redrive.done) == (RedriveState.COMPLETED, 3, 0)
    assert redrive.state_reason.startswith("3 of 3 were not found any more")


def test_two_workers_use_one_rate_and_replay_each_once() -> None:
    dead(30)
    redrive = start(rate=20.0)
    before = go_on(redrive, seconds=0.45)
    assert before.replayed >= 9
    rounds = at_once(*[jobs_redrive] * 6)
    made = now(redrive).replayed - before.replayed
    assert sum(one.count for one in rounds) == made
    elapsed = (now(redrive).paced_at - before.paced_at).total_seconds()
    assert made <= elapsed * 20.0 + 1
    assert go_on(redrive, rounds=3).replayed == 30
    assert Job.objects.filter(state=JobState.QUEUED, attempt=1).count() == 30


def test_a_time_without_workers_is_not_made_up_at_once() -> None:
    dead(4)
    redrive = start(rate=1.0)
    assert go_on(redrive, seconds=3_600).replayed == 1


def test_what_fails_in_the_middle_has_replayed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dead(3)
    redrive = start()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DeadLetterQuerySet, "resolve", killed)
        with pytest.raises(KeyboardInterrupt):
            go_on(redrive)
    assert resolutions() == ["", "", ""]
    assert (now(redrive).cursor, now(redrive).replayed) == (None, 0)
    assert go_on(redrive).replayed == 3
    assert found(database_checks()) == {}


def test_what_fails_again_is_not_replayed_again_and_stops_the_redrive() -> None:
    dead(30)
    redrive = start(stop_at_percent=50, rate=20.0)
    assert go_on(redrive).replayed == 20
    end_queued(failing=True)
    redrive = go_on(redrive)
    assert (redrive.state, redrive.replayed, redrive.failed) == (RedriveState.STOPPED, 20, 20)
    assert redrive.state_reason == "100 % of the replayed that ended last are dead again"
    assert go_on(redrive).replayed == 20
    assert Event.objects.about("redrive", redrive.id)[0].action == "redrive.stopped"
    again = DeadLetter.objects.filter(replay_of__isnull=False)
    assert again.count() == 20
    assert {one.replay_of for one in again} == {one.id for one in redrive.dead_letters.all()}

    assert redrive_resume(redrive_id=redrive.id).state == RedriveState.RUNNING
    redrive = go_on(redrive, rounds=2)
    assert (redrive.state, redrive.replayed) == (RedriveState.COMPLETED, 30)
    assert resolutions().count("") == 20  # those that died again, once each
    assert found(database_checks()) == {}


def test_few_ends_stop_nothing_and_never_means_never() -> None:
    dead(19)
    few = go_on(start())
    end_queued(failing=True)
    assert go_on(few).state == RedriveState.COMPLETED
    dead(30)
    redrive = go_on(start(rate=25.0, stop_at_percent=None, selection=Selection(type="tests.note")))
    end_queued(failing=True)
    assert go_on(redrive).replayed > 25


def test_a_paused_redrive_replays_nothing_and_goes_on_from_where_it_was() -> None:
    dead(4)
    redrive = go_on(start(rate=2.0))
    redrive_pause(redrive_id=redrive.id, reason="let us look")
    assert redrive_pause(redrive_id=redrive.id).state_reason == "let us look"
    assert go_on(redrive).replayed == 2
    redrive_resume(redrive_id=redrive.id)
    assert now(redrive).paced_at > redrive.paced_at
    assert go_on(redrive).replayed == 4
    actions = [one.action for one in Event.objects.about("redrive", redrive.id)]
    assert actions == ["redrive.resumed", "redrive.paused", "redrive.started"]


def test_a_cancelled_redrive_has_ended() -> None:
    dead(4)
    redrive = go_on(start(rate=2.0))
    assert redrive_cancel(redrive_id=redrive.id, reason="enough").ended_at is not None
    assert redrive_cancel(redrive_id=redrive.id).state == RedriveState.CANCELLED
    assert go_on(redrive).replayed == 2
    for decide in (redrive_pause, redrive_resume):
        with pytest.raises(RedriveEnded, match="is cancelled: start another one"):
            decide(redrive_id=redrive.id)
    end_queued()
    assert go_on(redrive).settled_at is not None


def test_a_completed_redrive_is_not_cancelled() -> None:
    dead(1)
    redrive = go_on(start())
    with pytest.raises(RedriveEnded, match="completed"):
        redrive_cancel(redrive_id=redrive.id)


def test_what_dies_later_is_not_part_of_it() -> None:
    dead(1)
    redrive = start()
    dead(2)
    assert go_on(redrive, rounds=2).replayed == 1
    assert resolutions() == ["replayed", "", ""]


def test_interrupted_ones_are_left_out_until_somebody_says_so() -> None:
    interrupt(make_job(type="tests.note_once"))
    with pytest.raises(NothingSelected, match="but for 1 whose effect may have happened"):
        start()
    with pytest.raises(NothingSelected, match="include_interrupted"):
        start(Selection(death_reason=DeathReason.INTERRUPTED))
    dead(1)
    assert go_on(start(), rounds=2).replayed == 1
    assert go_on(start(Selection(include_interrupted=True))).replayed == 1


def test_each_condition_of_a_selection_counts() -> None:
    ann = make_user()
    batch = batch_create()
    [other] = dead(1, queue="bulk", submitted_by_id=ann.pk)
    job = make_job(type="tests.note_once")
    Job.objects.filter(id=job.id).update(batch_id=batch.id)
    letter = die(job)
    for selection, count in (
        (ALL, 2),
        (Selection(ids=(letter.id,)), 1),
        (Selection(fingerprint=letter.fingerprint), 1),
        (Selection(type="tests.note_once"), 1),
        (Selection(queue="bulk"), 1),
        (Selection(client=str(ann.pk)), 1),
        (Selection(batch=batch.id), 1),
        (Selection(created_after=letter.created_at), 1),
        (Selection(created_before=letter.created_at), 1),
        (Selection(seen_clients=(str(ann.pk),)), 1),
        (Selection(allowed_types=("tests.note",)), 1),
        (Selection(allowed_queues=("default",)), 1),
        (Selection(death_reason=DeathReason.PERMANENT), 2),
    ):
        assert Selection.of(selection.stored()) == selection
        assert start(selection).total == count, selection
    with pytest.raises(NothingSelected, match="no waiting dead letter fits"):
        start(Selection(type="tests.note_once", queue="bulk"))
    dead_letter_discard(dead_letter_id=other.id, resolved_by_id=None)
    assert start().total == 1


@contextmanager
def notes_only() -> Iterator[None]:
    """The client of the call may submit notes to `default`, and nothing else."""
    names = frozenset({"tests.note"}), frozenset({"default"})
    token = current_submission_right.set(SubmissionRight(*names))
    try:
        yield
    finally:
        current_submission_right.reset(token)


def test_a_redrive_is_not_resumed_by_who_may_not_submit_what_it_replays() -> None:
    dead(1)
    notes = redrive_pause(redrive_id=start().id)
    dead(1, type="tests.note_once")
    more = redrive_pause(redrive_id=start().id)
    with notes_only():
        assert redrive_resume(redrive_id=notes.id).state == RedriveState.RUNNING
        with pytest.raises(SubmissionNotAllowed, match=r"tests\.note_once"):
            redrive_resume(redrive_id=more.id)
    assert redrive_resume(redrive_id=more.id).state == RedriveState.RUNNING


def test_a_chain_is_not_set_going_by_who_may_not_submit_what_follows() -> None:
    following = JobRequest("tests.note_once", {"text": "b"})
    first = chain_create(requests=[JobRequest("tests.note", {"text": "a"}), following])
    letter = die(Job.objects.get(id=first.job_id))
    with notes_only():
        with pytest.raises(SubmissionNotAllowed, match=r"tests\.note_once"):
            dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
        with pytest.raises(NothingSelected):
            start(selection_seen_by(make_user(), ALL))
    assert start().total == 1


def test_a_change_is_made_to_each_payload_and_what_does_not_take_it_is_left() -> None:
    dead(2, payload={"text": "a", "secret": "hunter2"})
    [other] = dead(1, type="tests.note_by_text", payload={"text": "b"})
    redrive = go_on(start(changes={"text": "new", "seconds": 0.5}), rounds=2)
    assert (redrive.replayed, redrive.refused) == (3, 0)
    payloads = [one.payload for one in Job.objects.order_by("id")]
    assert [one["text"] for one in payloads] == ["new"] * 3
    assert payloads[0]["secret"] == "hunter2"
    assert stored(other.job).effect_key == "tests.note_by_text:new"
    assert DeadLetter.objects.order_by("id")[0].payload["text"] == "a"  # what had failed
    assert found(database_checks()) == {}


def test_what_does_not_take_the_change_is_counted_and_left() -> None:
    dead(2)
    redrive = go_on(start(changes={"secret": ["hunter2"], "seconds": "soon"}), rounds=2)
    assert (redrive.state, redrive.replayed, redrive.refused) == (RedriveState.COMPLETED, 0, 2)
    assert redrive.refusal == "seconds: Give a number: no text, no boolean.; secret: is refused"
    assert resolutions() == ["", ""]
    assert redrive.settled_at is not None


def test_a_secret_that_a_change_has_masked_is_kept() -> None:
    dead(1, payload={"text": "a", "secret": "hunter2"})
    go_on(start(changes={"text": "b", "secret": "********"}), rounds=2)
    payload = Job.objects.get().payload
    assert (payload["text"], payload["secret"]) == ("b", "hunter2")


def test_secrets_of_a_change_are_masked_in_events() -> None:
    dead(1)
    redrive = start(changes={"secret": "hunter2"})
    assert "hunter2" not in str(Event.objects.get().after)
    assert redrive.changes == {"secret": "hunter2"}


def test_a_trial_writes_nothing_and_says_what_would_change() -> None:
    dead(2, payload={"text": "a", "secret": "hunter2"})
    trial = redrive_trial(selection=ALL, changes={"text": "b", "secret": "x"})
    assert (trial.tried, trial.fit, trial.refusal) == (2, 2, "")
    assert [(one.field, one.before, one.after) for one in trial.differences] == [
        ("secret", "********", "********"),
        ("text", "a", "b"),
    ]
    trial = redrive_trial(selection=ALL, changes={"heigth": 1})
    assert trial.fit == 0
    assert trial.refusal.startswith("heigth: Unknown; known are: ")
    assert resolutions() == ["", ""]


def test_a_letter_that_somebody_decides_about_is_left_to_them() -> None:
    letters = dead(2)
    redrive = start()
    waits = DeadLetter.objects.select_for_update().filter(id=letters[0].id)
    with held_elsewhere(lambda: list(waits)):
        redrive = go_on(redrive, rounds=2)
    assert (redrive.replayed, redrive.left) == (1, 1)
    assert resolutions() == ["", "replayed"]


def test_a_letter_whose_job_is_not_dead_is_left() -> None:
    letters = dead(2)
    redrive = start()
    Job.objects.filter(id=letters[0].job_id).update(state=JobState.QUEUED, finished_at=None)
    redrive = go_on(redrive, rounds=2)
    assert (redrive.replayed, redrive.left) == (1, 1)
    assert resolutions() == ["", "replayed"]


def test_jobs_under_limits_are_held_and_batches_wait_for_them_again() -> None:
    batch = batch_create()
    jobs = [make_job(type="tests.note_limited") for _ in range(2)]
    Job.objects.filter(id__in=[job.id for job in jobs]).update(batch_id=batch.id)
    Batch.objects.update(total=2)
    for job in jobs:
        Job.objects.filter(id=job.id).update(held_by=None)
        die(job)
    batch.refresh_from_db()
    assert batch.failed == 2
    go_on(start())
    batch.refresh_from_db()
    assert batch.failed == 0
    assert set(Job.objects.values_list("held_by", flat=True)) == {UNTIL_DUE}


def test_a_job_that_was_replayed_again_had_failed() -> None:
    [letter] = dead(1)
    redrive = go_on(start())
    end_queued(failing=True)
    again = DeadLetter.objects.waiting().get()
    dead_letter_replay(dead_letter_id=again.id, resolved_by_id=None)
    end_queued()
    redrive = go_on(redrive)
    assert (redrive.failed, redrive.succeeded) == (1, 0)
    letter.refresh_from_db()
    assert letter.replay_ended == "dead"


def test_ends_of_many_are_counted_slice_by_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "SETTLE_SLICE", 2)
    dead(5)
    redrive = go_on(start(), rounds=2)
    assert redrive.state == RedriveState.COMPLETED
    assert end_queued() == 5
    redrive = go_on(redrive, rounds=8)
    assert (redrive.succeeded, redrive.pending) == (5, 0)
    assert redrive.settled_at is not None


def test_rounds_are_full_while_the_rate_has_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "SLICE", 2)
    dead(5)
    redrive = start(rate=100.0)
    go_on(redrive, seconds=1.0)
    assert jobs_redrive().is_full
    assert jobs_redrive().count == 1


def test_wrong_counters_and_a_wrong_lineage_are_found() -> None:
    dead(2)
    redrive = go_on(start(), rounds=2)
    wrong: list[dict[str, Any]] = [
        {"replayed": 1},
        {"succeeded": 3},
        {"ended_at": None},
    ]
    for values in wrong:
        Redrive.objects.filter(id=redrive.id).update(**values)
        assert found(database_checks()) == {"redrives": 1}, values
        redrive.save()
    Job.objects.filter(replay_of__isnull=False).update(replay_of=redrive.id)
    assert found(database_checks()) == {"replays": 2}


def test_a_client_redrives_what_it_may_see() -> None:
    ann = make_user()
    assert selection_seen_by(ann, ALL).seen_clients == (str(ann.pk),)
    assert selection_seen_by(make_user(is_superuser=True), ALL).seen_clients is None
