"""Calls of real receivers: what is sent, and what each kind of answer leads to."""

import http.client

import pytest
from pytest_django.fixtures import Settings

from jobs.core.errors import PermanentError, RetryAfter
from jobs.handlers.http_request.http_request import CallFailed, http_request
from jobs.tests.handlers.http_request.conftest import HOST, REQUEST_ID, TRACEPARENT, Call, context
from jobs.tests.handlers.http_request.received import headers_of
from jobs.tests.http_receiver import HttpReceiver, plain_answer


def test_the_call_and_its_answer(call: Call) -> None:
    with HttpReceiver(plain_answer(201, b'{"ok":1}', "X-Their: 5")) as receiver:
        result = call(
            receiver.port,
            json={"é": 1},
            headers={"X-Our": "7"},
            secret_headers={"Authorization": "Bearer abcdefgh"},
        )
    assert result == {
        "status": 201,
        "headers": {"content-length": "8", "x-their": "5"},
        "body": '{"ok":1}',
        "is_truncated": False,
    }
    [request] = receiver.requests
    assert request.startswith(b"POST /hook?n=1 HTTP/1.1\r\n")
    assert request.endswith('\r\n\r\n{"é":1}'.encode())
    headers = headers_of(request)
    assert headers.pop("webhook-id")
    assert headers.pop("webhook-timestamp").isdecimal()
    assert headers == {
        "host": f"{HOST}:{receiver.port}",
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": "8",
        "user-agent": "jobs-http-request",
        "accept": "*/*",
        "content-type": "application/json",
        "traceparent": TRACEPARENT,
        "x-request-id": REQUEST_ID,
        "x-our": "7",
        "authorization": "Bearer abcdefgh",
    }


def test_the_result_of_the_job_before_it_is_sent(call: Call) -> None:
    with HttpReceiver() as receiver:
        call(receiver.port, json_from="previous_result", previous_result={"rows": [7, "é"]})
        call(receiver.port, json_from="previous_result")
    first, second = receiver.requests
    assert first.endswith('\r\n\r\n{"rows":[7,"é"]}'.encode())
    assert second.endswith(b"\r\n\r\nnull")
    assert headers_of(first)["content-type"] == "application/json"


def test_a_text_with_a_type_of_its_own(call: Call) -> None:
    with HttpReceiver() as receiver:
        call(receiver.port, text="<a/>", headers={"content-type": "application/xml"})
    assert headers_of(receiver.requests[0])["content-type"] == "application/xml"


def test_a_get_has_no_body(call: Call) -> None:
    with HttpReceiver() as receiver:
        call(receiver.port, method="GET")
    assert receiver.requests[0].endswith(b"\r\n\r\n")
    assert "content-length" not in headers_of(receiver.requests[0])


def test_a_final_status_ends_the_job_with_what_was_said(call: Call) -> None:
    with (
        HttpReceiver(plain_answer(422, b"no such\nreport")) as receiver,
        pytest.raises(PermanentError, match=r"answered 422: no such report$"),
    ):
        call(receiver.port)


def test_what_leads_nowhere_is_not_called_a_redirect(call: Call) -> None:
    with HttpReceiver(plain_answer(304, b"")) as receiver, pytest.raises(PermanentError) as raised:
        call(receiver.port)
    assert str(raised.value).endswith("was answered 304")


def test_another_status_is_tried_again(call: Call) -> None:
    with HttpReceiver(plain_answer(500)) as receiver, pytest.raises(CallFailed, match="500"):
        call(receiver.port)


def test_the_receiver_says_when_to_come_again(call: Call) -> None:
    with (
        HttpReceiver(plain_answer(503, b"", "Retry-After: 90")) as receiver,
        pytest.raises(RetryAfter) as caught,
    ):
        call(receiver.port)
    assert caught.value.seconds == 90.0


def test_the_payload_says_what_a_status_means(call: Call) -> None:
    with HttpReceiver(plain_answer(404)) as receiver:
        assert call(receiver.port, success_on=["404"])["status"] == 404


def test_a_host_that_is_not_allowed_any_more_is_not_called(call: Call, settings: Settings) -> None:
    with HttpReceiver() as receiver:
        call(receiver.port)
        url = f"http://{HOST}:{receiver.port}/"
        payload = {"method": "GET", "url": url, "timeout_seconds": 5.0}
        settings.JOBS_HTTP_ALLOWED_HOSTS = []
        with pytest.raises(PermanentError, match="JOBS_HTTP_ALLOWED_HOSTS"):
            http_request(payload, context())
    assert receiver.connections == 1


def test_nobody_listens(call: Call) -> None:
    with HttpReceiver() as receiver:
        port = receiver.port
    with pytest.raises(CallFailed, match="ConnectionRefusedError"):
        call(port)


def test_proxies_of_the_environment_are_not_used(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpReceiver() as receiver, HttpReceiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        call(receiver.port)
    assert (receiver.connections, proxy.connections) == (1, 0)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_http_is_tried_again(call: Call, answer: bytes) -> None:
    with HttpReceiver(answer) as receiver, pytest.raises(CallFailed) as caught:
        call(receiver.port)
    assert isinstance(caught.value.__cause__, http.client.HTTPException | OSError)
