"""What a stream of jobs is answered when a slice of it is refused as a whole."""

import asyncio
import json
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from scheduler.http.problems import DATABASE_UNAVAILABLE
from scheduler.serving import access_log
from scheduler.serving.job_lines import JobLines
from scheduler.serving.refusals import refusal
from scheduler.serving.wsgi_call import Answer, BodyWanted, Scope

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v1/addJobs", "headers": []}
AWAY = refusal(DATABASE_UNAVAILABLE)


def answered(*slices: bytes | None) -> list[dict[str, Any]]:
    """The lines of an answer; the first slice is accepted, and the next one refused.

    With None the client has gone away.
    """
    received = iter(slices)
    is_first_taken = asyncio.Event()
    sent: list[bytes] = []

    async def receive() -> MutableMapping[str, Any]:
        part = next(received)
        if part is not slices[0]:
            await is_first_taken.wait()
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": part is not slices[-1]}

    async def call(scope: Scope, body: bytes | None) -> Answer:
        if body is None:
            raise BodyWanted
        if is_first_taken.is_set():
            return AWAY
        is_first_taken.set()
        return Answer(200, [], b'{"index":0,"status":202}\n')

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b""))

    asyncio.run(JobLines(call).answer(SCOPE, receive, send))
    return [json.loads(line) for line in b"".join(sent).splitlines()]


@pytest.mark.parametrize("second", [b"{}\n{}\n", b"{}\n\n \r\n{}\n", b"\n{}\n\t\n{}\n"])
def test_each_line_and_no_blank_one_is_told_of_the_refusal(second: bytes) -> None:
    lines = answered(b"{}\n", second)

    assert [one["index"] for one in lines] == [0, 1, 2]
    assert [one["status"] for one in lines] == [202, 503, 503]


def test_a_stream_whose_client_has_gone_is_logged_with_what_it_was_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, access_log.__name__)

    lines = answered(b"{}\n", None)

    assert [one["status"] for one in lines] == [202]
    [record] = caplog.records
    assert "POST /v1/addJobs" in record.getMessage()
