"""Calls are taken as they are written: what is unknown, repeated or spelled otherwise is a 400."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.api.shared.pages import Cursor
from jobs.core.ids import uuid7
from jobs.models import Job
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.api.raw_bodies import note, send
from jobs.tests.factories import allow, make_job, make_user

pytestmark = pytest.mark.django_db

NOTE_TEXT = note('"a"')
NOTE = {"type": "tests.note", "payload": {"text": "a"}}


@pytest.mark.parametrize("raw", ["5", "[]", '"a"', "[[]]"])
def test_a_body_or_a_job_that_is_no_object(api: APIClient, raw: str) -> None:
    body = problem(send(api, raw), 400, "invalid")
    assert body["detail"] == "Give a JSON object."

    answer = api.post("/addJobs", f'{{"jobs": [{raw}]}}', content_type="application/json")
    [result] = answer.json()["results"]
    assert result["problem"]["detail"] == "/jobs/0: Give a JSON object."


@pytest.mark.parametrize(
    "raw",
    [
        note('"a"', ', "type": "tests.note"'),
        note('"a"', ', "priority": 1, "priority": 9'),
        note('"a", "text": "b"'),
        note('{"a": [{"b": 1, "b": 1}]}'),
        note(r'"a", "te\u0078t": "b"'),
    ],
)
def test_a_member_that_is_given_twice(api: APIClient, raw: str) -> None:
    body = problem(send(api, raw), 400, "parse_error")

    assert "twice" in body["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ('{"type": "a", "type": "b"}', "twice"),
        (note('[{"b": 1, "b": 1}]'), "twice"),
        (note("1e999"), "cannot be stored"),
        (note("-Infinity"), "cannot be stored"),
        (note("7" * 5_000), "too many digits"),
        (note("[" * 99 + "]" * 99), "levels deep"),
    ],
)
def test_one_of_many_that_cannot_be_read_is_no_fault_of_the_others(
    api: APIClient, wrong: str, sentence: str
) -> None:
    unstorable = note(r'"\u0000"')
    raw = f'{{"jobs": [{NOTE_TEXT}, {wrong}, {unstorable}, {NOTE_TEXT}]}}'

    response = api.post("/addJobs", raw, content_type="application/json")

    results = response.json()["results"]
    assert [one["status"] for one in results] == [202, 400, 400, 202]
    refused = results[1]["problem"]
    assert (refused["code"], pointers(refused)) == ("parse_error", {"/jobs/1"})
    assert sentence in refused["detail"]
    all_or_none = api.post("/addJobs?atomic=true", raw, content_type="application/json")
    problem(all_or_none, 422, "jobs_refused")
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"jobs": [], "jobs": [{NOTE_TEXT}]}}',
        f'{{"jobs": [{NOTE_TEXT}], "more": {{"a": 1, "a": 1}}}}',
        f'{{"jobs": [{NOTE_TEXT}], "more": 1e999}}',
        f'{{"jobs": [{NOTE_TEXT}, {{"a": 1, "a": 1}}]',
        f'[{NOTE_TEXT}, {{"a": 1, "a": 1}}]',
        "[" * 5_000,
    ],
)
def test_a_body_of_many_that_cannot_be_read(api: APIClient, raw: str) -> None:
    problem(api.post("/addJobs", raw, content_type="application/json"), 400, "parse_error")

    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"text": 5}, "/payload/text"),
        ({"text": True}, "/payload/text"),
        ({"text": "a", "failures": "5"}, "/payload/failures"),
        ({"text": "a", "failures": 5.0}, "/payload/failures"),
        ({"text": "a", "failures": True}, "/payload/failures"),
        ({"text": "a", "seconds": "0"}, "/payload/seconds"),
        ({"text": "a", "seconds": False}, "/payload/seconds"),
        ({"text": "a", "secnods": 1}, "/payload/secnods"),
    ],
)
def test_payloads(api: APIClient, payload: dict[str, Any], pointer: str) -> None:
    body = problem(api.post("/addJob", NOTE | {"payload": payload}), 400, "invalid_payload")

    assert pointers(body) == {pointer}
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"to": [5]}, {"to": 5}, {"subject": 5}, {"text": 5}, {"html": True}, {"from_email": 1},
        {"bbc": ["ann@example.com"]},
    ],
)  # fmt: skip
def test_mails(api: APIClient, change: dict[str, Any]) -> None:
    mail = {"to": ["ann@example.com"], "subject": "Hello", "text": "A line."}

    body = api.post("/addJob", {"type": "send_email", "payload": mail | change})

    problem(body, 400, "invalid_payload")


@pytest.mark.parametrize(
    "change",
    [
        {"priority": "5"}, {"priority": 5.0}, {"priority": True}, {"max_retries": "1"},
        {"max_retries": 1.0}, {"max_retries": False}, {"queue": 5}, {"idempotency_key": 5},
        {"idempotency_key": 5.5}, {"delay": "1"}, {"delay": True}, {"run_at": 5}, {"type": 5},
    ],
    ids=str,
)  # fmt: skip
def test_options(api: APIClient, change: dict[str, Any]) -> None:
    body = problem(api.post("/addJob", NOTE | change), 400, "invalid")

    assert pointers(body) == {f"/{name}" for name in change}
    [item] = api.post("/addJobs", {"jobs": [NOTE | change]}).json()["results"]
    assert item["status"] == 400
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/chains", {"jobs": [NOTE], "batch": 5}, "/batch"),
        ("/redrives", {"ids": [5]}, "/ids/0"),
        ("/redrives", {"batch": 5}, "/batch"),
        ("/redrives", {"schedule": 5}, "/schedule"),
    ],
)
def test_an_id_is_no_number(path: str, body: dict[str, Any], pointer: str) -> None:
    api = client_of(make_user(is_superuser=True))

    assert pointers(problem(api.post(path, body), 400, "invalid")) == {pointer}


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/jobs?limit=5&limit=5", "/limit"),
        ("/jobs?queue=bulk&queue=emails", "/queue"),
        ("/jobs?limit=05", "/limit"),
        ("/jobs?limit=%2B5", "/limit"),
        ("/jobs?limit=%205", "/limit"),
        ("/jobs?limit=5.0", "/limit"),
        ("/jobs?limit=1_0", "/limit"),
        ("/jobs?limit=%D9%A5", "/limit"),
        ("/jobs?limit=", "/limit"),
        ("/jobs?Limit=5", "/Limit"),
        ("/jobs?state=DEAD", "/state"),
        ("/failedJobs?resolution=any&resolution=any", "/resolution"),
    ],
)
def test_queries_of_lists(api: APIClient, path: str, pointer: str) -> None:
    assert pointers(problem(api.get(path), 400, "invalid")) == {pointer}


def test_a_cursor_has_one_spelling(api: APIClient) -> None:
    cursor = Cursor(uuid7()).encode()
    assert api.get(f"/jobs?cursor={cursor}").status_code == 200

    for other in (f"{cursor[:5]}!{cursor[5:]}", f"{cursor}=", f"{cursor}%20"):
        problem(api.get(f"/jobs?cursor={other}"), 400, "invalid")


@pytest.mark.parametrize("value", ["TRUE", "True", "1", "yes", "on", "t", "", "null", "false,true"])
def test_all_or_none_is_true_or_false(api: APIClient, value: str) -> None:
    response = api.post(f"/addJobs?atomic={value}", {"jobs": [NOTE]})

    assert pointers(problem(response, 400, "invalid")) == {"/atomic"}
    assert not Job.objects.exists()


def test_all_or_none_is_asked_for_once(api: APIClient) -> None:
    response = api.post("/addJobs?atomic=true&atomic=false", {"jobs": [NOTE]})

    assert pointers(problem(response, 400, "invalid")) == {"/atomic"}


def test_a_call_without_query_parameters_takes_none(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow(user, "replay_deadletter")
    job, letter = make_job(submitted_by_id=user.pk), make_dead_letter(submitted_by_id=user.pk)
    calls = [
        api.post("/addJob?atomic=true", NOTE),
        api.post("/addJobs?dry_run=true", {"jobs": [NOTE]}),
        api.post(f"/jobs/{job.id}/cancel?atomic=true"),
        api.post(f"/failedJobs/{letter.pk}/replay?atomic=true"),
        api.get(f"/jobs/{job.id}?atomic=true"),
        api.get(f"/failedJobs/{letter.pk}?atomic=true"),
    ]

    for call in calls:
        [error] = problem(call, 400, "invalid")["errors"]
        assert error["code"] == "unknown_field"
    job.refresh_from_db()
    assert (Job.objects.count(), job.state) == (2, "queued")


@pytest.mark.parametrize("body", [{"because": "a"}, ["a"], "a"])
def test_a_call_takes_no_body_that_it_does_not_know(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter, body: Any
) -> None:
    allow(user, "replay_deadletter")
    job, letter = make_job(submitted_by_id=user.pk), make_dead_letter(submitted_by_id=user.pk)

    problem(api.post(f"/jobs/{job.id}/cancel", body), 400, "invalid")
    problem(api.post(f"/failedJobs/{letter.pk}/replay", body), 400, "invalid")

    assert api.post(f"/jobs/{job.id}/cancel", {}).status_code == 202
    assert api.post(f"/failedJobs/{letter.pk}/replay").status_code == 202
