"""The recipients that a client may have mailed in a day: counted with the jobs, in PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.core.errors import RecipientsLimitReached
from jobs.core.request_errors import RequestsRefused
from jobs.models import Job, MailAllowance
from jobs.services.enqueue import JobRequest, job_enqueue, job_enqueue_together, jobs_enqueue
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ten_a_day(settings: Settings) -> None:
    settings.JOBS_EMAIL_RECIPIENTS_PER_DAY = 10
    settings.JOBS_EMAIL_RECIPIENTS_MAX = 10


@pytest.fixture
def client(db: None) -> User:
    return make_user()


@pytest.fixture
def api(client: User) -> APIClient:
    return client_of(client)


def mail(count: int = 1, **fields: Any) -> JobRequest:
    to = [f"user{number}@example.com" for number in range(count)]
    return JobRequest(
        type="send_email", payload={"to": to, "subject": "Hello", "text": "Hi"}, **fields
    )


def submit(client: User | None, request: JobRequest) -> None:
    job_enqueue_together(request=request, submitted_by_id=client.pk if client else None)


def used(client: User) -> int:
    return round(MailAllowance.objects.get(client=client).used)


def test_mails_up_to_the_limit_are_accepted_and_no_more(client: User) -> None:
    submit(client, mail(4))
    submit(client, mail(6))

    with pytest.raises(RecipientsLimitReached) as refused:
        submit(client, mail(5))

    assert refused.value.wait_seconds == pytest.approx(86_400 / 2, abs=60)
    assert (Job.objects.count(), used(client)) == (2, 10)


def test_everybody_who_gets_a_mail_counts(client: User) -> None:
    payload = {**mail(2).payload, "cc": ["c@example.com"], "bcc": ["b@example.com"]}
    submit(client, JobRequest(type="send_email", payload=payload))
    submit(client, JobRequest(type="send_welcome_email", payload={"email": "ann@example.com"}))

    assert used(client) == 5


def test_the_allowance_comes_back_over_a_day(client: User) -> None:
    submit(client, mail(10))
    row = MailAllowance.objects.get(client=client)
    row.counted_at -= timedelta(hours=12)
    row.save()

    submit(client, mail(4))

    assert used(client) == 9
    MailAllowance.objects.update(counted_at=row.counted_at - timedelta(days=9))
    submit(client, mail(10))
    assert used(client) == 10


def test_every_client_has_an_allowance_and_django_code_needs_none(client: User) -> None:
    submit(client, mail(10))

    submit(make_user(), mail(10))
    for _ in range(3):
        submit(None, mail(10))
    assert Job.objects.count() == 5


def test_jobs_that_send_no_mail_ask_nothing(client: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        submit(client, JobRequest(type="tests.note", payload={"text": "x"}))

    assert len([one for one in queries if "mailallowance" in one["sql"]]) == 0
    assert not MailAllowance.objects.exists()


def test_a_mail_that_was_there_before_does_not_count(client: User) -> None:
    for _ in range(3):
        submit(client, mail(6, idempotency_key="once"))
    submit(client, mail(4))
    submit(client, mail(6, idempotency_key="once"))

    assert (Job.objects.count(), used(client)) == (2, 10)


def test_a_refused_mail_leaves_nothing_behind(client: User) -> None:
    submit(client, mail(8))
    for request in (mail(3), mail(3, idempotency_key="k")):
        with pytest.raises(RecipientsLimitReached):
            submit(client, request)
    with pytest.raises(RecipientsLimitReached), transaction.atomic():
        job_enqueue(type="send_email", payload=mail(3).payload, submitted_by_id=client.pk)

    submit(client, mail(2))
    assert (Job.objects.count(), used(client)) == (2, 10)


def test_of_many_mails_those_within_the_limit_are_accepted(client: User) -> None:
    note = JobRequest(type="tests.note", payload={"text": "x"})
    requests = [mail(6), note, mail(6), mail(4), mail(1)]

    answers = jobs_enqueue(requests=requests, submitted_by_id=client.pk)

    refused = [isinstance(answer, RecipientsLimitReached) for answer in answers]
    assert refused == [False, False, True, False, True]
    assert (Job.objects.count(), used(client)) == (3, 10)


def test_all_mails_or_none(client: User) -> None:
    with pytest.raises(RequestsRefused) as refused:
        jobs_enqueue(requests=[mail(6), mail(6)], submitted_by_id=client.pk, atomic=True)

    assert list(refused.value.errors) == [1]
    assert not Job.objects.exists()
    assert not MailAllowance.objects.filter(used__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_no_more_get_through(client: User) -> None:
    def attempt(number: int) -> bool:
        try:
            key = f"key{number}" if number % 3 == 0 else None
            submit(client, mail(1, idempotency_key=key))
        except RecipientsLimitReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(attempt, range(30)))

    assert accepted.count(True) == 10
    assert (Job.objects.count(), used(client)) == (10, 10)


def test_the_api_says_when_to_come_again(api: APIClient) -> None:
    body = {"type": "send_email", "payload": mail(10).payload}
    assert api.post("/addJob", body).status_code == 202

    refused = api.post("/addJob", body)

    said = problem(refused, 429, "recipients_limit")
    assert "10 recipients a day" in said["detail"]
    assert int(refused["Retry-After"]) == pytest.approx(86_400, abs=60)
    note = {"type": "tests.note", "payload": {"text": "x"}}
    results = api.post("/addJobs", {"jobs": [body, note]}).json()["results"]
    assert [one["status"] for one in results] == [429, 202]
    assert results[0]["problem"]["code"] == "recipients_limit"


def test_the_api_refuses_another_sender_and_too_many_recipients(
    api: APIClient, settings: Settings
) -> None:
    settings.JOBS_EMAIL_RECIPIENTS_MAX = 3
    changes: list[dict[str, Any]] = [
        {"from_email": "ceo@bank.example"},
        {"bcc": mail(3).payload["to"]},
    ]
    for change in changes:
        body = {"type": "send_email", "payload": {**mail(1).payload, **change}}
        problem(api.post("/addJob", body), 400, "invalid_payload")


def test_staff_see_what_is_used(client: User) -> None:
    submit(client, mail(7))
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))

    page = admin.get("/admin/jobs/mailallowance/").content.decode()

    assert client.username in page
    assert "7 of 10 a day" in page
    assert admin.get(f"/admin/jobs/mailallowance/{client.pk}/change/").status_code == 200
    assert client.username in admin.get("/admin/jobs/mailallowance/?q=user").content.decode()


def test_a_user_with_an_allowance_can_be_deleted(client: User) -> None:
    submit(client, mail())

    client.delete()

    assert not MailAllowance.objects.exists()


def test_recipients_that_an_edit_adds_count_as_well(client: User, api: APIClient) -> None:
    submit(client, mail(7))
    submit(client, mail(1, delay_seconds=3_600.0))
    job = Job.objects.latest("id")

    api.patch(f"/jobs/{job.id}", {"payload": mail(3).payload})
    assert used(client) == 10
    refused = api.patch(f"/jobs/{job.id}", {"payload": mail(4).payload})

    problem(refused, 429, "recipients_limit")
    assert len(Job.objects.get(id=job.id).payload["to"]) == 3
    assert used(client) == 10
    assert api.patch(f"/jobs/{job.id}", {"payload": mail(2).payload}).status_code == 200
