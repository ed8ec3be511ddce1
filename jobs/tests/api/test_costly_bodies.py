"""Requests that would cost more than they weigh: refused at once, with a short answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.core.errors import ERRORS_MAX
from jobs.models import Job
from jobs.tests.api.raw_bodies import note, send

pytestmark = pytest.mark.django_db

MEBIBYTE = 1024 * 1024
# Of the processor, not of the clock: a busy machine is no fault. Far below what refusals took.
SECONDS_MAX = 3.0
ANSWER_BYTES_MAX = 32 * 1024


@contextmanager
def soon() -> Iterator[None]:
    begin = time.thread_time()
    yield
    assert time.thread_time() - begin < SECONDS_MAX


MAIL = {"to": ["ann@example.com"], "subject": "Hello", "text": "A line."}

COSTLY: dict[str, dict[str, Any]] = {
    "recipients that are numbers": {"to": [0] * 90_000},
    "recipients that are objects": {"cc": [{}] * 45_000},
    "a recipient of 900 KB": {"to": "<" * 900_000},
    "recipients in one text": {"to": ["ann@example.com, " * 50_000]},
    "the address of 900 KB of a sender": {"from_email": "(" * 900_000},
    "a subject of line breaks": {"subject": "\n" * 450_000},
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_mail(api: APIClient, name: str) -> None:
    with soon():
        response = api.post("/addJob", {"type": "send_email", "payload": MAIL | COSTLY[name]})

    body = problem(response, 400, "invalid_payload")
    assert len(body["errors"]) <= ERRORS_MAX
    assert len(response.content) < ANSWER_BYTES_MAX


@pytest.mark.parametrize(
    ("first", "again", "last"),
    [("[[]", ",[]", "]"), ("[{}", ",{}", "]"), ("[0", ",0", "]"), ('[""', ',""', "]"),
     ('{"a":0', ',"a":0', "}")],
)  # fmt: skip
def test_many_values_are_refused_before_they_are_parsed(
    api: APIClient, first: str, again: str, last: str
) -> None:
    raw = f'{{"jobs": {first}{again * (7 * MEBIBYTE // len(again))}{last}}}'

    with soon():
        response = api.post("/addJobs", raw, content_type="application/json")

    body = problem(response, 400, "parse_error")
    assert "values" in body["detail"]


def test_one_job_may_hold_fewer_values_than_many(api: APIClient) -> None:
    body = problem(send(api, note(f"[{'0,' * 100_000}0]")), 400, "parse_error")

    assert "100000 values" in body["detail"]


@pytest.mark.parametrize("text", ["," * 200_000, r"\"[," * 60_000, "[{" * 100_000, r"\\" * 100_000])
def test_marks_in_a_text_are_not_counted(api: APIClient, text: str) -> None:
    assert send(api, note(f'"{text}"')).status_code == 202


def test_many_unknown_members_are_named_in_part(api: APIClient) -> None:
    raw = {"type": "tests.note", "payload": {"text": "a"}} | dict.fromkeys(map(str, range(9_000)))

    with soon():
        response = api.post("/addJob", raw)

    body = problem(response, 400, "invalid")
    assert len(body["errors"]) == body["error_count"] == ERRORS_MAX
    assert len(response.content) < ANSWER_BYTES_MAX


@pytest.mark.parametrize("path", ["/addJob", "/addJobs"])
def test_names_that_are_echoed_are_cut(api: APIClient, path: str) -> None:
    names = dict.fromkeys((str(number) + "n" * 40_000 for number in range(20)), 0)

    response = api.post(path, names)

    assert "…" in problem(response, 400, "invalid")["errors"][0]["pointer"]
    assert len(response.content) < ANSWER_BYTES_MAX


def test_values_that_are_echoed_are_cut(api: APIClient) -> None:
    payload = {"text": "a", "error": "x" * 200_000}

    response = api.post("/addJob", {"type": "tests.note", "payload": payload})

    problem(response, 400, "invalid_payload")
    assert len(response.content) < ANSWER_BYTES_MAX


def test_a_name_deep_in_unstorable_text_is_cut(api: APIClient) -> None:
    depth = 90
    raw = note(('{"' + "n" * 9_000 + '":') * depth + r'"\u0000"' + "}" * depth)

    response = send(api, raw)

    problem(response, 400, "unstorable_text")
    assert len(response.content) < ANSWER_BYTES_MAX


def test_many_deep_values_beside_an_unstorable_text(api: APIClient) -> None:
    raw = note("[" * 90 + "0," * 90_000 + r'"\u0000"' + "]" * 90)

    with soon():
        problem(send(api, raw), 400, "unstorable_text")


def test_a_thousand_jobs_that_are_all_wrong(api: APIClient) -> None:
    item = {"type": "send_email", "payload": {"to": [0] * 45, "cc": [0] * 45}}

    with soon():
        results = api.post("/addJobs", {"jobs": [item] * 1_000}).json()["results"]

    assert {one["status"] for one in results} == {400}
    assert max(len(one["problem"]["errors"]) for one in results) <= ERRORS_MAX + 2


def test_all_or_none_names_the_first_refusals_and_counts_them_all(api: APIClient) -> None:
    items = [{"type": "tests.note", "payload": {}}] * 1_000

    body = problem(api.post("/addJobs?atomic=true", {"jobs": items}), 422, "jobs_refused")

    assert (len(body["errors"]), body["error_count"]) == (ERRORS_MAX, 1_000)
    assert not Job.objects.exists()
