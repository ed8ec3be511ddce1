"""A failure that nobody expected is a problem with status 500, and a log line with the cause."""

import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from scheduler.logs.request_filter import RequestFilter

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("debug", [True, False])
def test_a_failure_in_a_view(
    api: APIClient,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the reason")

    settings.DEBUG = debug
    caplog.handler.addFilter(RequestFilter())
    monkeypatch.setattr("jobs.api.jobs.add_job_views.job_enqueue_together", fail)

    response = api.post("/addJob", {"type": "tests.note", "payload": {}})

    body = problem(response, 500, "internal_error")
    assert "the reason" not in response.text
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.__dict__["request_id"] == body["request_id"]
    assert record.__dict__["event"] == "request.failed"
    assert record.exc_info
    assert "the reason" in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("authorization", "hint"),
    [(None, "POST /token"), ("Bearer x", "get another one"), ("Bearer a b", "one space")],
)
def test_a_call_without_a_token_is_told_how_to_get_one(
    anonymous: APIClient, authorization: str | None, hint: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = anonymous.get("/jobs", headers=headers)

    assert answer.status_code == 401
    assert hint in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/addJob", "Send application/json."),
        ("/addJobs", "Send application/json or application/x-ndjson."),
        ("/token", "Send application/x-www-form-urlencoded."),
    ],
)
def test_another_kind_of_body_is_told_which_are_taken(
    api: APIClient, path: str, taken: str
) -> None:
    answer = api.post(path, "a", content_type="text/plain")

    body = problem(answer, 415, "unsupported_media_type")
    assert body["detail"].endswith(taken)


def test_another_kind_of_answer_is_told_which_there_is(api: APIClient) -> None:
    body = problem(api.get("/jobs", headers={"Accept": "image/png"}), 406, "not_acceptable")
    assert "application/json" in body["detail"]
