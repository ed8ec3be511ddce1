"""Within a request every log line carries its id; outside of one, no line does."""

import io
import json
import logging
from collections.abc import Iterator
from logging.config import DictConfigurator
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost

from jobs.core.request_id import current_request_id
from scheduler.logs.config import logging_config
from scheduler.logs.request_filter import RequestFilter


@pytest.fixture
def within_request() -> Iterator[None]:
    token = current_request_id.set("3f2a")
    yield
    current_request_id.reset(token)


def line(log_format: str, *, exc_info: bool = False, **extra: Any) -> str:
    """What the configured handler writes of one record."""
    configurator = DictConfigurator(logging_config("INFO", log_format))
    config = configurator.config
    handler_config = dict(config["handlers"]["stderr"])
    formatter = configurator.configure_formatter(config["formatters"][log_format])
    handler = configurator.resolve(handler_config["class"])(stream := io.StringIO())
    handler.setFormatter(formatter)
    for name in handler_config["filters"]:
        handler.addFilter(configurator.configure_filter(config["filters"][name]))
    logger = logging.Logger("tests")
    logger.addHandler(handler)
    logger.warning("Job %s is late", "a", extra=extra, exc_info=exc_info)
    return stream.getvalue().rstrip("\n")


@pytest.mark.usefixtures("within_request")
def test_a_line_for_people_names_the_request() -> None:
    assert line("text").endswith(" WARNING [request 3f2a] Job a is late")


def test_a_line_for_people_outside_of_requests_is_as_short_as_ever() -> None:
    assert line("text").split(" ", 2)[2] == "WARNING Job a is late"


@pytest.mark.usefixtures("within_request")
def test_a_line_for_machines_has_the_request_as_a_field() -> None:
    fields = json.loads(line("json", event="job.delayed"))

    assert fields["request_id"] == "3f2a"
    assert fields["event"] == "job.delayed"
    assert fields["message"] == "Job a is late"


def test_a_line_for_machines_outside_of_requests_has_no_such_field() -> None:
    assert "request_id" not in json.loads(line("json"))


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"status_code": 404}, "request.refused"),
        ({"status_code": 500}, "request.failed"),
        ({"status_code": 503, "event": "database.unavailable"}, "database.unavailable"),
    ],
)
def test_what_django_logs_of_a_request_has_an_event(fields: dict[str, Any], event: str) -> None:
    assert json.loads(line("json", **fields))["event"] == event


def test_a_traceback_follows_its_line() -> None:
    try:
        raise ValueError("the reason")
    except ValueError:
        first, *traceback = line("text", exc_info=True).splitlines()

    assert first.endswith("Job a is late")
    assert traceback[-1] == "ValueError: the reason"


def test_what_a_stranger_can_send_is_no_error_with_a_traceback() -> None:
    error = DisallowedHost("Invalid HTTP_HOST header")
    record = logging.LogRecord(
        "django.security.DisallowedHost",
        logging.ERROR,
        "exception.py",
        80,
        str(error),
        None,
        (DisallowedHost, error, None),
    )
    assert RequestFilter().filter(record)
    assert (record.levelname, record.exc_info) == ("WARNING", None)
