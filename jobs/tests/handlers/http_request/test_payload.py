"""What `http_request` takes, and what it refuses with a sentence that says what to do."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from jobs.core.errors import PayloadInvalid
from jobs.handlers.registry import job_types
from jobs.services.enqueue.payload import clean_payload

URL = "https://api.example.com/hook"


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["api.example.com"]


def clean(**payload: Any) -> dict[str, Any]:
    return clean_payload(job_types.get("http_request"), {"url": URL, **payload})


def errors(**payload: Any) -> dict[str, Any]:
    with pytest.raises(PayloadInvalid) as caught:
        clean(**payload)
    return dict(caught.value.errors)


def test_a_url_is_enough() -> None:
    assert clean() == {"method": "POST", "url": URL, "timeout_seconds": 30.0}


def test_all_that_can_be_said() -> None:
    payload = {
        "method": "PUT",
        "headers": {"X-One": "1", "Content-Type": "application/vnd.x+json"},
        "secret_headers": {"Authorization": "Bearer abcdefgh"},
        "json": {"a": [1, None, "é"]},
        "timeout_seconds": 5.0,
        "success_on": ["2xx", "409"],
        "retry_on": ["404"],
        "final_on": ["500"],
    }
    assert clean(**payload) == {"url": URL, **payload}


def test_the_server_calls_nobody_by_default(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = []
    assert "JOBS_HTTP_ALLOWED_HOSTS" in str(errors()["url"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "keep-alive"},
        {"Webhook-Id": "1"},
        {"webhook-signature": "v1,x"},
        {"Accept-Encoding": "gzip"},
        {"Expect": "100-continue"},
        {"Proxy-Authorization": "x"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-One": "a\r\nX-Two: b"},
        {"X-One": "a\nb"},
        {"X-One": "a\x00b"},
        {"X-One": " a"},
        {"X-One": ""},
        {"X-One": "é"},
        {"X-One": 1},
        {"X-One": None},
        {"X One": "a"},
        {"X-One:": "a"},
        {"X-One\r\nX-Two": "a"},
        {"": "a"},
        {"X-One": "1", "x-one": "2"},
        {"X-One": "a" * 5_000},
        {f"X-{number}": "1" for number in range(60)},
        {f"X-{number}": "a" * 4_000 for number in range(5)},
        ["X-One"],
        "X-One: 1",
    ],
)
def test_headers_that_would_bend_the_call_are_refused(headers: Any) -> None:
    assert set(errors(headers=headers)) == {"headers"}
    assert set(errors(secret_headers=headers)) == {"secret_headers"}


@pytest.mark.parametrize("name", ["Authorization", "cookie", "X-Api-Key", "X-Auth-Token"])
def test_secrets_belong_into_the_masked_headers(name: str) -> None:
    assert "secret_headers" in str(errors(headers={name: "abcdefgh"}))
    assert "abcdefgh" not in str(errors(headers={name: "abcdefgh"}))
    assert clean(secret_headers={name: "abcdefgh"})


def test_the_masked_headers_are_declared() -> None:
    assert job_types.get("http_request").sensitive == {"secret_headers"}


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"method": "TRACE"}, "method"),
        ({"method": "get"}, "method"),
        ({"method": "GET", "json": {}}, "json"),
        ({"method": "HEAD", "text": ""}, "text"),
        ({"json": {}, "text": "a"}, "text"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 301}, "timeout_seconds"),
        ({"success_on": ["200-299"]}, "success_on"),
        ({"success_on": ["700"]}, "success_on"),
        ({"success_on": [200]}, "success_on"),
        ({"retry_on": ["404"] * 31}, "retry_on"),
        ({"success_on": ["404"], "final_on": ["404"]}, "final_on"),
        ({"headers": {"X-One": "1"}, "secret_headers": {"x-one": "2"}}, "secret_headers"),
        ({"body": "a"}, "body"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
    ],
)
def test_what_contradicts_itself_is_refused(payload: dict[str, Any], field: str) -> None:
    assert set(errors(**payload)) == {field}
