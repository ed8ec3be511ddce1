"""A job's URL is called once for each end of it, in whichever way it ends; and so is a batch's."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from jobs import JobRequest, batch, chain, enqueue, enqueue_many
from jobs.core.correlation import current_traceparent
from jobs.core.errors import IdempotencyKeyReused
from jobs.core.finished import Finished
from jobs.core.outcome import Failed, Succeeded
from jobs.core.request_errors import CallbackUrlRefused
from jobs.core.request_id import current_request_id
from jobs.core.result import Result
from jobs.core.states import JobState
from jobs.core.submission_right import (
    SubmissionNotAllowed,
    SubmissionRight,
    current_submission_right,
)
from jobs.models import Batch, DeadLetter, Event, Job
from jobs.models.moments import seconds_ago
from jobs.services import callbacks as callbacks_module
from jobs.services.attempts import job_succeed_in_transaction
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.edit import JobChanges, job_edit
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.limits.hand_over import limit_to_hand_over
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import (
    claim_one,
    die,
    error,
    fail,
    interrupt,
    make_due,
    record,
    start_one,
    stored,
    succeed,
)

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://hooks.example.com/done?n=1"


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]


def called(job: Job | Batch) -> list[dict[str, Any]]:
    """The bodies of the calls about it, in the order of their making."""
    calls = Job.objects.filter(given__callback_of__id=str(job.id)).order_by("id")
    assert {call.type for call in calls} <= {"http_request"}
    assert {call.payload["url"] for call in calls} <= {URL}
    return [call.payload["json"] for call in calls]


def states(job: Job) -> list[str]:
    return [body["state"] for body in called(job)]


def calling(**fields: Any) -> Job:
    return make_job(callback_url=URL, **fields)


def test_a_success_is_told_with_its_result() -> None:
    client = make_user(username="ann")
    job = calling(payload={"text": "hello", "secret": "s3cret-value"}, submitted_by_id=client.pk)
    assert called(job) == []

    record(claim_one(job), Succeeded(result=Result('{"echo": "s3cret-value", "n": 7}')))

    [body] = called(job)
    assert body["id"] == str(job.id)
    assert (body["type"], body["state"], body["attempt"]) == ("tests.note", "succeeded", 1)
    assert body["payload"] == {**job.payload, "secret": "********"}
    assert body["result"] == {"echo": "********", "n": 7}
    assert (body["submitted_by"], body["error"], body["callback_url"]) == ("ann", None, URL)
    assert body["finished_at"] is not None
    call = Job.objects.get(given__callback_of__kind="job")
    assert (call.queue, call.state, call.submitted_by_id) == ("default", "queued", client.pk)
    assert call.given == {"callback_of": {"kind": "job", "id": str(job.id)}}
    assert call.callback_url is None
    assert call.effect_key == str(call.id)


def test_a_death_is_told_with_its_error_and_without_a_traceback() -> None:
    job = calling()
    fail(job, "first")
    assert called(job) == []
    die(job)
    [body] = called(job)
    assert (body["state"], body["attempt"]) == ("dead", 2)
    assert body["error"] == "RuntimeError: failed"
    assert "traceback" not in str(body).lower()


def test_every_other_way_to_end_is_told() -> None:
    cancelled, running, expired = calling(), calling(), calling()
    job_cancel(job_id=cancelled.id)
    claim = start_one(running)
    job_cancel(job_id=running.id)
    assert called(running) == []
    record(claim, Failed(error()))
    Job.objects.filter(id=expired.id).update(expires_at=seconds_ago(1))
    jobs_expire_overdue()
    owner = make_job(type="tests.note_by_text", payload={"text": "same"})
    skipped = calling(type="tests.note_by_text", payload={"text": "same"})
    succeed(owner)
    jobs_resolve_key_conflicts(job_ids=[skipped.id])
    lost = calling(type="tests.note_once")
    interrupt(lost)
    of_batch = batch([JobRequest("tests.note", {"text": "a"}, callback_url=URL)])
    [in_batch] = Job.objects.filter(batch_id=of_batch.id)
    of_batch.cancel()
    jobs_cancel_in_batches()
    told = {job.id: states(job) for job in (cancelled, running, expired, skipped, lost, in_batch)}
    assert list(told.values()) == [
        ["cancelled"], ["cancelled"], ["expired"], ["skipped"], ["dead"], ["cancelled"],
    ]  # fmt: skip
    assert called(skipped)[0]["done_by"] == str(owner.id)
    assert called(owner) == []


def test_a_handler_of_a_transactional_type_calls_in_its_own_transaction() -> None:
    job = calling(type="tests.note_transactional")
    claim = claim_one(job)
    with transaction.atomic():
        job_succeed_in_transaction(claim=claim)
        transaction.set_rollback(True)
    assert called(job) == []
    with transaction.atomic():
        job_succeed_in_transaction(claim=claim, result=Result("[1]"))
    assert [body["result"] for body in called(job)] == [[1]]


def test_an_outcome_that_is_recorded_again_calls_no_second_time() -> None:
    job = calling()
    claim = claim_one(job)
    assert record(claim, Succeeded()).written
    assert not record(claim, Succeeded()).written
    assert states(job) == ["succeeded"]


def test_each_end_of_a_job_is_told() -> None:
    replayed = calling()
    dead_letter_replay(dead_letter_id=die(replayed).id, resolved_by_id=None)
    make_due(replayed)
    assert states(replayed) == ["dead"]
    succeed(replayed)
    assert states(replayed) == ["dead", "succeeded"]
    late = calling(type="tests.note_once")
    claim, _ = interrupt(late)
    assert record(claim, Succeeded()).written
    assert states(late) == ["dead", "succeeded"]


def test_a_slot_is_not_handed_over_past_the_call() -> None:
    job = calling(type="tests.note_limited")
    waiting = make_job(type="tests.note_limited")
    claim = claim_one(job)
    assert claim.is_followed
    assert limit_to_hand_over(Finished(claim, Succeeded())) is None
    record(claim, Succeeded())
    assert states(job) == ["succeeded"]
    assert not claim_one(waiting).is_followed


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.parametrize("keyed", [False, True])
def test_some_of_many_have_one(count: int, keyed: bool) -> None:
    requests = [
        JobRequest(
            "tests.note",
            {"text": f"{n}"},
            callback_url=URL if n % 2 == 0 else None,
            idempotency_key=f"key-{n}" if keyed else None,
        )
        for n in range(count)
    ]
    enqueue_many(requests)
    enqueue_many(requests) if keyed else None
    urls = {job.payload["text"]: job.callback_url for job in Job.objects.all()}
    assert urls == {f"{n}": URL if n % 2 == 0 else None for n in range(count)}


def test_a_batch_calls_once_all_have_ended() -> None:
    client = make_user(username="ben")
    requests = [JobRequest("tests.note", {"text": f"{n}"}) for n in range(2)]
    handle = batch(requests, name="b", callback_url=URL)
    one = handle.progress()
    Batch.objects.filter(id=one.id).update(submitted_by=client)
    good, bad = Job.objects.filter(batch_id=one.id).order_by("id")
    succeed(good)
    assert called(one) == []
    letter = die(bad)
    [body] = called(one)
    assert (body["id"], body["name"], body["state"]) == (str(one.id), "b", "completed")
    assert (body["total"], body["succeeded"], body["failed"]) == (2, 1, 1)
    assert body["completed_at"] is not None
    assert body["submitted_by"] == "ben"
    call = Job.objects.get(given__callback_of__kind="batch")
    assert handle.progress().callback_job_id == call.id
    assert (call.submitted_by_id, call.batch_id) == (client.pk, None)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    make_due(bad)
    succeed(bad)
    assert len(called(one)) == 1


def test_an_empty_batch_calls_when_it_is_closed() -> None:
    with batch(callback_url=URL) as handle:
        pass
    [body] = called(handle.progress())
    assert (body["state"], body["total"]) == ("completed", 0)


def test_each_job_of_a_chain_may_have_its_own() -> None:
    first = chain(
        [
            JobRequest("tests.note", {"text": "first"}),
            JobRequest("tests.note", {"text": "last"}, callback_url=URL),
        ]
    ).job
    assert succeed(first).is_followed
    last = Job.objects.get(payload__text="last")
    assert called(first) == []
    succeed(last)
    assert states(last) == ["succeeded"]


def test_the_call_goes_back_to_the_request() -> None:
    request_id = current_request_id.set("request-7")
    traceparent = current_traceparent.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    try:
        job = calling()
    finally:
        current_request_id.reset(request_id)
        current_traceparent.reset(traceparent)
    succeed(job)
    call = Job.objects.get(type="http_request")
    assert (call.request_id, call.traceparent) == (stored(job).request_id, stored(job).traceparent)
    assert call.request_id == "request-7"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://other.example.com/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://127.0.0.1/",
        "hooks.example.com",
        "https://hooks.example.com/" + "a" * 2_048,
        "",
    ],
)
def test_what_no_job_would_call_is_refused(url: str) -> None:
    request = JobRequest("tests.note", {"text": "a"}, callback_url=url)
    with pytest.raises(CallbackUrlRefused):
        enqueue("tests.note", {"text": "a"}, callback_url=url)
    with pytest.raises(CallbackUrlRefused):
        batch(callback_url=url)
    with pytest.raises(CallbackUrlRefused):
        chain([JobRequest("tests.note", {"text": "a"}), request])
    assert not Job.objects.exists()
    assert not Batch.objects.exists()


def test_a_server_that_names_no_hosts_says_what_to_do(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = []
    with pytest.raises(CallbackUrlRefused, match="JOBS_HTTP_ALLOWED_HOSTS"):
        enqueue("tests.note", {"text": "a"}, callback_url=URL)


def test_an_account_that_may_not_submit_calls_has_no_callback() -> None:
    token = current_submission_right.set(SubmissionRight(job_types=frozenset({"tests.note"})))
    try:
        with pytest.raises(SubmissionNotAllowed, match="http_request"):
            calling()
    finally:
        current_submission_right.reset(token)


def test_a_host_that_is_closed_meanwhile_undoes_no_outcome(settings: Settings) -> None:
    job = calling()
    settings.JOBS_HTTP_ALLOWED_HOSTS = []
    succeed(job)
    assert stored(job).state == JobState.SUCCEEDED
    assert states(job) == ["succeeded"]


def test_a_job_that_cannot_be_shown_undoes_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: Job) -> Any:
        raise RecursionError("too deep")

    job = calling()
    monkeypatch.setattr(callbacks_module, "job_details", broken)
    succeed(job)
    assert called(job) == [
        {"id": str(job.id), "type": "tests.note", "state": "succeeded", "attempt": 1}
    ]


def test_the_same_key_with_another_callback_is_a_mistake() -> None:
    first = enqueue("tests.note", {"text": "a"}, idempotency_key="k", callback_url=URL)
    again = enqueue("tests.note", {"text": "a"}, idempotency_key="k", callback_url=URL)
    assert (again.duplicate, again.job_id) == (True, first.job_id)
    for other in (None, f"{URL}&more=1"):
        with pytest.raises(IdempotencyKeyReused, match="what differs: callback_url") as caught:
            enqueue("tests.note", {"text": "a"}, idempotency_key="k", callback_url=other)
        assert (caught.value.fields, caught.value.callback_differs) == ([], True)
    with pytest.raises(IdempotencyKeyReused, match="'text', callback_url"):
        enqueue("tests.note", {"text": "b"}, idempotency_key="k")


def test_it_is_edited_before_the_job_starts() -> None:
    job = make_job()
    assert job_edit(job_id=job.id, changes=JobChanges(callback_url=URL)).callback_url == URL
    event = Event.objects.about("job", job.id).get()
    assert (event.before, event.after) == ({"callback_url": None}, {"callback_url": URL})
    with pytest.raises(CallbackUrlRefused):
        job_edit(job_id=job.id, changes=JobChanges(callback_url="https://other.example.com/"))
    succeed(job)
    assert states(job) == ["succeeded"]
    other = calling()
    assert job_edit(job_id=other.id, changes=JobChanges(callback_url="")).callback_url is None
    succeed(other)
    assert called(other) == []


def test_a_call_that_dies_is_a_dead_letter_that_says_what_it_belongs_to() -> None:
    job = calling()
    succeed(job)
    call = Job.objects.get(type="http_request")
    die(call)
    letter = DeadLetter.objects.get(job_id=call.id)
    assert letter.job.given == {"callback_of": {"kind": "job", "id": str(job.id)}}
    assert called(job)[0]["id"] == str(job.id)
