"""Lists stay quick on big tables: few queries, no counting, no payloads, indexed searches."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Func, Model, QuerySet, TextField, Value
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from jobs.admin.jobs.job_admin import JobAdmin
from jobs.admin.shared import paging, time_limit
from jobs.models import DeadLetter, Job, ProcessedKey, Worker
from jobs.services.attempts import jobs_claim
from jobs.services.dead_letters import dead_letter_discard
from jobs.services.workers import worker_stop
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import list_page
from jobs.tests.factories import make_job, make_user, make_worker

pytestmark = pytest.mark.django_db


def queries_of(client: Client, page: str) -> list[str]:
    """The statements that a page takes."""
    with CaptureQueriesContext(connection) as context:
        assert client.get(page).status_code == 200
    return [query["sql"] for query in context.captured_queries]


def shown(client: Client, page: str) -> set[object]:
    """The keys of the records that a list shows."""
    response = client.get(page)
    assert response.status_code == 200
    return {record.pk for record in response.context["cl"].result_list}


def rows_of_every_kind(make_dead_letters: MakeDeadLetters) -> Callable[[int], None]:
    def make(number: int) -> None:
        client = make_user()
        make_dead_letters(number, submitted_by_id=client.pk)
        for _ in range(number):
            runner = make_worker()
            job = make_job(submitted_by_id=make_user().pk)
            jobs_claim(worker_id=runner.id, job_ids=[job.id])
        ProcessedKey.objects.bulk_create(
            ProcessedKey(key=str(job_id), job_id=job_id)
            for job_id in Job.objects.order_by("-id").values_list("id", flat=True)[:number]
        )

    return make


def test_a_list_takes_as_many_queries_for_200_rows_as_for_2(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    make_rows = rows_of_every_kind(make_dead_letters)
    pages = [list_page(model) for model in (Job, DeadLetter, ProcessedKey, Worker)]
    for page in pages:
        admin_client.get(page)  # what is cached from now on is not counted
    make_rows(2)
    few = [len(queries_of(admin_client, page)) for page in pages]

    make_rows(198)
    many = [len(queries_of(admin_client, page)) for page in pages]

    assert many == few
    assert max(many) < 10


@pytest.mark.parametrize("model", [Job, DeadLetter])
def test_a_list_does_not_load_payloads_and_errors(
    model: type[Model], admin_client: Client, dead_letter: DeadLetter
) -> None:
    lists = [sql for sql in queries_of(admin_client, list_page(model)) if "ORDER BY" in sql]

    assert lists
    for sql in lists:
        assert '"payload"' not in sql
        assert '"errors"' not in sql
        assert '"attempts"' not in sql


@pytest.mark.parametrize("model", [Job, DeadLetter, ProcessedKey, Worker])
def test_nothing_is_counted_beyond_a_limit(
    model: type[Model], admin_client: Client, dead_letter: DeadLetter
) -> None:
    counting = [sql for sql in queries_of(admin_client, list_page(model)) if "COUNT(" in sql]

    assert counting
    assert all(f"LIMIT {paging.COUNTED + 1}" in sql for sql in counting)


def test_a_list_says_that_there_are_more(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED", 2)
    for _ in range(3):
        make_job()

    assert "More than 2 jobs" in _text(admin_client, list_page(Job))


def test_pages_are_turned(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobAdmin, "list_per_page", 2)
    jobs = [make_job().pk for _ in range(5)]

    pages = [shown(admin_client, list_page(Job, p=number)) for number in (1, 2, 3)]

    assert pages == [{jobs[4], jobs[3]}, {jobs[2], jobs[1]}, {jobs[0]}]


def test_the_order_cannot_be_changed(admin_client: Client) -> None:
    [sql] = [one for one in queries_of(admin_client, list_page(Job, o="5")) if "ORDER BY" in one]

    assert sql.partition("ORDER BY")[2].split() == ['"jobs_job"."id"', "DESC"]


@pytest.mark.parametrize(
    "lookup", ["payload__secret__startswith", "payload__icontains", "errors__0__message", "id__gt"]
)
def test_only_the_filters_on_the_page_are_answered(admin_client: Client, lookup: str) -> None:
    make_job(payload={"text": "a", "secret": "open sesame"})

    assert admin_client.get(list_page(Job, **{lookup: "open"})).status_code == 400


def test_a_list_that_takes_too_long_is_stopped_and_says_what_to_do(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(self: JobAdmin, request: HttpRequest) -> QuerySet[Job]:
        sleep = Func(Value(20.0), function="pg_sleep", output_field=TextField())
        return Job.objects.annotate(slept=sleep)

    monkeypatch.setattr(JobAdmin, "get_queryset", slowly)
    monkeypatch.setattr(time_limit, "LIMIT_SECONDS", 0.2)
    make_job()

    response = admin_client.get(list_page(Job))

    assert response.status_code == 503
    assert "Start again without filters" in response.text


class TestJobs:
    """What the list of jobs filters and finds."""

    def test_filters(self, admin_client: Client, worker: Worker) -> None:
        waiting = make_job(queue="bulk")
        running = make_job(type="tests.note_once")
        jobs_claim(worker_id=worker.id, job_ids=[running.id])

        assert shown(admin_client, list_page(Job, state="running")) == {running.id}
        assert shown(admin_client, list_page(Job, type="tests.note")) == {waiting.id}
        assert shown(admin_client, list_page(Job, queue="bulk")) == {waiting.id}
        assert shown(admin_client, list_page(Job, state="queued", queue="default")) == set()

    def test_the_age_is_told_by_the_id(self, admin_client: Client) -> None:
        new = make_job().id
        # A version-7 UUID of the year 2020.
        old = UUID("016f5e66-e800-7000-8000-000000000000")
        Job.objects.filter(id=make_job().id).update(id=old)

        assert shown(admin_client, list_page(Job)) == {new, old}
        assert shown(admin_client, list_page(Job, age="past-hour")) == {new}
        assert shown(admin_client, list_page(Job, age="past-week")) == {new}
        assert shown(admin_client, list_page(Job, age="older-month")) == {old}
        assert shown(admin_client, list_page(Job, age="nonsense")) == {new, old}

    def test_the_choices_come_from_the_registry_and_the_settings(
        self, admin_client: Client
    ) -> None:
        text = _text(admin_client, list_page(Job))

        assert "?type=send_welcome_email" in text
        assert "?queue=emails" in text

    def test_search(self, admin_client: Client, worker: Worker) -> None:
        job = make_job(idempotency_key="order-7")
        make_job(idempotency_key="order-8")
        make_job()
        jobs_claim(worker_id=worker.id, job_ids=[job.id])

        for term in (job.id, job.id.hex, "order-7", f" {job.id} ", "tests.note:order-7"):
            assert shown(admin_client, list_page(Job, q=term)) == {job.id}, term
        assert shown(admin_client, list_page(Job, q="rder-7")) == set()
        assert shown(admin_client, list_page(Job, q="50%")) == set()

    def test_a_key_derived_from_the_payload_is_found(
        self, admin_client: Client, worker: Worker
    ) -> None:
        job = make_job(type="send_welcome_email", payload={"email": "Ann@example.com"})
        jobs_claim(worker_id=worker.id, job_ids=[job.id])

        assert shown(admin_client, list_page(Job, q="ann@example.com")) == {job.id}
        assert shown(admin_client, list_page(Job, q="ann@")) == {job.id}


class TestDeadLetters:
    """What the list of dead letters filters and finds."""

    def test_those_that_wait_come_first(
        self, admin_client: Client, make_dead_letters: MakeDeadLetters, chief: User
    ) -> None:
        [waiting, discarded] = make_dead_letters(2)
        dead_letter_discard(dead_letter_id=discarded.id, resolved_by_id=chief.pk)

        assert shown(admin_client, list_page(DeadLetter)) == {waiting.id}
        assert shown(admin_client, list_page(DeadLetter, resolution="discarded")) == {discarded.id}
        assert shown(admin_client, list_page(DeadLetter, resolution="all")) == {
            waiting.id,
            discarded.id,
        }

    def test_filters(self, admin_client: Client, make_dead_letters: MakeDeadLetters) -> None:
        [permanent] = make_dead_letters(queue="bulk")
        [unknown] = make_dead_letters(unknown=True, type="tests.note_once")

        assert shown(admin_client, list_page(DeadLetter, reason="interrupted")) == {unknown.id}
        assert shown(admin_client, list_page(DeadLetter, reason="permanent")) == {permanent.id}
        assert shown(admin_client, list_page(DeadLetter, queue="bulk")) == {permanent.id}
        assert shown(admin_client, list_page(DeadLetter, type="tests.note_once")) == {unknown.id}

    def test_search(self, admin_client: Client, make_dead_letters: MakeDeadLetters) -> None:
        [letter] = make_dead_letters(idempotency_key="order-7")
        make_dead_letters()

        for term in (letter.id, letter.job_id, "order-7", "tests.note:order"):
            assert shown(admin_client, list_page(DeadLetter, q=term)) == {letter.id}, term


class TestProcessedKeys:
    """What the list of keys finds."""

    def test_search(self, admin_client: Client, worker: Worker) -> None:
        job = make_job(idempotency_key="order-7")
        other = make_job(idempotency_key="order-8")
        jobs_claim(worker_id=worker.id, job_ids=[job.id, other.id])

        for term in ("tests.note:order-7", "order-7", job.id):
            assert shown(admin_client, list_page(ProcessedKey, q=term)) == {"tests.note:order-7"}
        assert len(shown(admin_client, list_page(ProcessedKey, q="order-"))) == 2

    def test_a_key_outlives_its_job(self, admin_client: Client, worker: Worker) -> None:
        job = make_job(idempotency_key="order-7")
        jobs_claim(worker_id=worker.id, job_ids=[job.id])
        job.delete()

        assert shown(admin_client, list_page(ProcessedKey)) == {"tests.note:order-7"}


class TestWorkers:
    """What the list of workers filters and finds."""

    def test_liveness(self, admin_client: Client) -> None:
        live, stopped, silent = (make_worker(name=name) for name in ("ann", "ben", "cora"))
        worker_stop(worker_id=stopped.id)
        Worker.objects.filter(id=silent.id).update(heartbeat_at="2020-01-01T00:00:00Z")

        # Silence counts from the start of PostgreSQL, which in a test was a moment ago.
        expected_silent = set(
            Worker.objects.silent(timeout_seconds=30).values_list("id", flat=True)
        )
        assert shown(admin_client, list_page(Worker, liveness="stopped")) == {stopped.id}
        assert shown(admin_client, list_page(Worker, liveness="silent")) == expected_silent
        assert (
            shown(admin_client, list_page(Worker, liveness="live"))
            == {
                live.id,
                silent.id,
            }
            - expected_silent
        )

    def test_search(self, admin_client: Client) -> None:
        ann = make_worker(name="ann-1")
        make_worker(name="ben-1")

        assert shown(admin_client, list_page(Worker, q="ann")) == {ann.id}


def _text(client: Client, page: str) -> str:
    response = client.get(page)
    assert response.status_code == 200
    return response.text
