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
