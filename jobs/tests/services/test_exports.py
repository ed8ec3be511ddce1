"""Lists as files: complete, masked, harmless in a spreadsheet, a page at a time."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import DeadLetter, Event, Job
from jobs.services import exports
from jobs.services.cancel import job_cancel
from jobs.services.exports import CSV, JSON_LINES, export_parts
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db


def as_csv(rows: Any) -> list[dict[str, str]]:
    text = b"".join(export_parts(rows, CSV)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def as_objects(rows: Any) -> list[dict[str, Any]]:
    lines = b"".join(export_parts(rows, JSON_LINES)).decode().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("number", [0, 1, 3, 4, 5])
def test_every_row_comes_once_whatever_their_number(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    jobs = [str(make_job().id) for _ in range(number)]
    assert [one["id"] for one in as_csv(Job.objects.all())] == jobs[::-1]
    assert [one["id"] for one in as_objects(Job.objects.all())] == jobs[::-1]


def test_a_page_takes_one_statement_that_begins_at_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    for _ in range(5):
        make_job()
    with CaptureQueriesContext(connection) as context:
        as_csv(Job.objects.all())
    pages = [one["sql"] for one in context.captured_queries if "ORDER BY" in one["sql"]]
    assert len(pages) == 3
    assert all("LIMIT 2" in sql and "OFFSET" not in sql for sql in pages)


def test_payloads_are_masked_in_jobs_and_dead_letters() -> None:
    die(make_job(payload={"text": "a", "secret": "hush"}, submitted_by_id=make_user().pk))
    for rows in (Job.objects.all(), DeadLetter.objects.all()):
        for form in (CSV, JSON_LINES):
            text = b"".join(export_parts(rows, form)).decode()
            assert "hush" not in text
            assert "********" in text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1", " =1", "\uff1d1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    job = make_job(payload={"text": "a"})
    Job.objects.filter(id=job.id).update(cancelled_by=text, effect_key=text)
    [row] = as_csv(Job.objects.all())
    assert row["cancelled_by"] == row["effect_key"] == f"'{text}"
    [one] = as_objects(Job.objects.all())
    assert one["effect_key"] == text  # a program reads it as it is


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a;=1+1", "a;'=1+1"),
        ('a; "-1;+2', "a;' \"-1;'+2"),
        ("a\n=1\t@b", "a\n'=1\t'@b"),
        ('"=1', "'\"=1"),
        (";=1", ";'=1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("a;b=1, c-d", "a;b=1, c-d"),
    ],
)
def test_no_cell_is_a_formula_where_semicolons_part_cells(text: str, cell: str) -> None:
    make_job(payload={"text": text}, idempotency_key=text)
    [row] = as_csv(Job.objects.all())
    assert row["idempotency_key"] == cell
    assert not re.search(r'[;\t\n][ "]*[=+@-]', row["payload"])


def test_events_have_reason_before_and_after() -> None:
    job = make_job()
    job_cancel(job_id=job.id, reason="why")
    [row] = as_objects(Event.objects.all())
    assert (row["action"], row["subject_id"], row["reason"]) == (
        "job.cancelled",
        str(job.id),
        "why",
    )
    assert row["after"]["state"] == "cancelled"
