"""What a deleted account leaves behind, and all that follows from it, does not pass for code's."""

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services.users import user_delete
from jobs import JobRequest, enqueue
from jobs.models import Batch, Job
from jobs.services.batches import batch_add, batch_close, batch_create
from jobs.services.callbacks import jobs_call_back
from jobs.services.chains import chain_create
from jobs.services.schedules import schedule_run
from jobs.services.timeline import job_timeline
from jobs.tests.factories import make_job, make_user
from jobs.tests.scheduling import due_schedule, fire, jobs_of, make_schedule, stored
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://hooks.example.com/done"
NOTES = [JobRequest("tests.note", {"text": text}) for text in ("one", "two", "three")]


@pytest.fixture(autouse=True)
def _hosts(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]


@pytest.fixture
def leaving() -> User:
    return make_user()


def made_since(*before: Job) -> list[Job]:
    """Those that followed from these, each without a client."""
    made = list(Job.objects.exclude(id__in=[job.id for job in before]).order_by("id"))
    assert [job.submitted_by_id for job in made] == [None] * len(made)
    return made


def test_whoever_deletes_the_account(leaving: User) -> None:
    """By the service, in batches; and by Django alone, which a locked row is left to."""
    for delete in (lambda user: user_delete(user=user), User.delete):
        user = make_user()
        job = make_job(submitted_by_id=user.id)
        batch = batch_create(submitted_by_id=user.id)
        schedule = make_schedule(created_by_id=user.id)
        delete(user)
        for row in (
            Job.objects.get(id=job.id),
            Batch.objects.get(id=batch.id),
            stored(schedule),
        ):
            assert row.client_left_at is not None
    of_code, staying = make_job(), make_job(submitted_by_id=leaving.id)
    for job in (of_code, staying):
        job.refresh_from_db()
        assert job.client_left_at is None


def test_each_job_of_its_chain(leaving: User) -> None:
    first = chain_create(requests=NOTES, submitted_by_id=leaving.id).job
    user_delete(user=leaving)
    succeed(first)
    [second] = made_since(first)
    succeed(second)
    [third] = made_since(first, second)
    left_at = Job.objects.get(id=first.id).client_left_at
    assert left_at is not None
    assert {second.client_left_at, third.client_left_at} == {left_at}


def test_the_callbacks_of_its_batch(leaving: User) -> None:
    success, completion = NOTES[1:]
    made = batch_create(
        on_success=success, on_completion=completion, callback_url=URL, submitted_by_id=leaving.id
    )
    batch_add(batch_id=made.id, requests=NOTES[:1], submitted_by_id=leaving.id)
    batch_close(batch_id=made.id)
    [only] = Job.objects.all()
    user_delete(user=leaving)
    succeed(only)
    followed = made_since(only)
    assert sorted(job.type for job in followed) == ["http_request", "tests.note", "tests.note"]
    assert all(job.client_left_at is not None for job in followed)


def test_the_call_of_its_job_and_not_that_of_code_beside_it(leaving: User) -> None:
    theirs = make_job(submitted_by_id=leaving.id, callback_url=URL)
    of_code = enqueue("tests.note", {"text": "code"}, callback_url=URL).job
    user_delete(user=leaving)
    jobs_call_back([theirs.id, of_code.id])
    left = {
        (job.given or {})["callback_of"]["id"]: job.client_left_at is not None
        for job in made_since(theirs, of_code)
    }
    assert left == {str(theirs.id): True, str(of_code.id): False}


def test_the_jobs_of_its_schedule(leaving: User) -> None:
    theirs, of_code = due_schedule(created_by_id=leaving.id), due_schedule()
    user_delete(user=leaving)
    assert fire() == 2
    schedule_run(schedule_id=theirs.id)
    schedule_run(schedule_id=of_code.id)
    assert [job.client_left_at is not None for job in jobs_of(theirs)] == [True, True]
    assert [job.client_left_at for job in jobs_of(of_code)] == [None, None]


def test_what_is_told_of_it(leaving: User) -> None:
    job = make_job(submitted_by_id=leaving.id)
    user_delete(user=leaving)
    accepted, *_ = job_timeline(Job.objects.get(id=job.id))
    assert accepted.text == "accepted from an account that was deleted"
