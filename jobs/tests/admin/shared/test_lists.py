"""Lists stay quick on big tables: few queries, no counting, no payloads, indexed searches."""

import json
from collections.abc import Callable
from typing import Any

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
from jobs.sql.statements import execute
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import list_page, queries_of, shown, text_of
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_job, make_user, make_worker

pytestmark = pytest.mark.django_db


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
    queries = queries_of(admin_client, list_page(model))
    # What each of the workers of a page runs is counted by worker, from the index of running jobs.
    counting = [sql for sql in queries if "COUNT(" in sql and "GROUP BY" not in sql]

    assert counting
    assert all(f"LIMIT {paging.COUNTED + 1}" in sql for sql in counting)


def test_a_list_says_that_there_are_more(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED", 2)
    for _ in range(3):
        make_job()

    assert "More than 2 jobs" in text_of(admin_client, list_page(Job))


def test_pages_are_turned(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobAdmin, "list_per_page", 2)
    jobs = [make_job().pk for _ in range(5)]

    pages = [shown(admin_client, list_page(Job, p=number)) for number in (1, 2, 3)]

    assert pages == [{jobs[4], jobs[3]}, {jobs[2], jobs[1]}, {jobs[0]}]


def test_the_order_cannot_be_changed(admin_client: Client) -> None:
    queries = queries_of(admin_client, list_page(Job, o="5"))
    [sql] = [one for one in queries if 'FROM "jobs_job"' in one and "ORDER BY" in one]

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


def test_filters_that_no_job_has_together_are_read_within_the_time_limit(
    admin_client: Client, chief: User
) -> None:
    """Both values are common, so that no part of the table can be skipped: it is read through.

    The plan says so. What bounds it is the time limit, set before the first statement about jobs.
    """
    rows = 2_000
    Job.objects.bulk_create(
        Job(
            type=("tests.note", "tests.note_once")[number % 2],
            queue=("default", "bulk")[number % 2],
            payload={},
            effect_key=str(number),
            max_retries=0,
        )
        for number in range(rows)
    )
    execute("ANALYZE jobs_job")
    nothing = Job.objects.filter(type="tests.note", queue="bulk").order_by("-id")[:50]
    [plan] = json.loads(nothing.explain(analyze=True, format="json"))
    assert read_in_vain(plan["Plan"]) == rows

    for client, path in (
        (admin_client, list_page(Job, type="tests.note", queue="bulk")),
        (client_of(chief), "/jobs?type=tests.note&queue=bulk"),
    ):
        with CaptureQueriesContext(connection) as context:
            assert client.get(path).status_code == 200
        asked = [query["sql"] for query in context.captured_queries]
        first = next(number for number, sql in enumerate(asked) if 'FROM "jobs_job"' in sql)
        assert any("'statement_timeout', '3000'" in sql for sql in asked[:first]), path


def read_in_vain(plan: dict[str, Any]) -> int:
    """Rows that a plan has read and not shown."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    own = sum(int(plan.get(name, 0)) for name in removed)
    return own + sum(read_in_vain(one) for one in plan.get("Plans", []))
