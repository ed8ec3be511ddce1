"""Lines are read while they come, in slices, and memory stays flat."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from scheduler.serving import line_stream
from scheduler.serving.line_stream import Gone, LineStream, LineTooLong, TooSlow

Message = MutableMapping[str, Any]


class Body:
    """What a client sends, part by part; `read` counts the parts that were taken."""

    def __init__(self, *parts: bytes | None) -> None:
        self._parts = list(parts)
        self.read = 0

    async def receive(self) -> Message:
        """The next part; None stands for a client that sends nothing more."""
        await asyncio.sleep(0)
        part = self._parts[self.read] if self.read < len(self._parts) else b""
        if part is None:
            await asyncio.Event().wait()
        assert part is not None
        self.read += 1
        return {"type": "http.request", "body": part, "more_body": self.read < len(self._parts)}


def slices(
    receive: Callable[[], Awaitable[Message]],
    line_max: int = 100,
    work: Callable[[], Awaitable[None]] | None = None,
) -> list[bytes]:
    async def take() -> list[bytes]:
        taken = []
        async for lines in LineStream(receive, line_max).slices():
            taken.append(lines)
            if work:
                await work()
        return taken

    return asyncio.run(take())


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([b"a\nb\n"], b"a\nb\n"),
        ([b"a\n", b"b"], b"a\nb"),
        ([b"a", b"b\nc", b"\n"], b"ab\nc\n"),
        ([b"", b"a\n", b""], b"a\n"),
        ([b"a\r\n\n"], b"a\r\n\n"),
        ([b""], b""),
    ],
)
def test_all_lines_come_in_their_order(parts: list[bytes], whole: bytes) -> None:
    taken = slices(Body(*parts).receive)

    assert b"".join(taken) == whole
    assert all(one.endswith(b"\n") for one in taken[:-1])


def test_a_slice_has_a_limit_of_lines_and_of_bytes() -> None:
    taken = slices(Body(b"x\n" * 2_500).receive)
    assert [one.count(b"\n") for one in taken] == [1_000, 1_000, 500]

    line = b"x" * 300_000 + b"\n"
    taken = slices(Body(*[line] * 8).receive, line_max=400_000)
    assert max(map(len, taken)) <= line_stream.SLICE_BYTES
    assert b"".join(taken) == line * 8

    long = b"x" * (line_stream.SLICE_BYTES + 5) + b"\n"
    assert slices(Body(b"a\n" + long + b"b\n").receive, 2 * line_stream.SLICE_BYTES) == [
        b"a\n",
        long,
        b"b\n",
    ]


@pytest.mark.parametrize("parts", [[b"ok\n" + b"x" * 101], [b"ok\n", b"x" * 101, b"\n"]])
def test_a_line_that_is_too_long_ends_it_after_those_before(parts: list[bytes]) -> None:
    taken: list[bytes] = []

    async def take() -> None:
        async for lines in LineStream(Body(*parts).receive, 100).slices():
            taken.append(lines)  # noqa: PERF401 - what came before the error is wanted

    with pytest.raises(LineTooLong):
        asyncio.run(take())
    assert b"".join(taken) == b"ok\n"


def test_a_client_that_is_worked_for_is_not_read_far_ahead() -> None:
    part = b"x" * 65_535 + b"\n"
    body = Body(*[part] * 1_000)
    most = 0

    async def work() -> None:
        nonlocal most
        before = body.read
        for _ in range(200):
            await asyncio.sleep(0)
        most = max(most, (body.read - before) * len(part))

    slices(body.receive, line_max=1 << 20, work=work)
    assert body.read == 1_000
    assert most <= line_stream.BUFFER_BYTES + len(part)


def test_a_client_that_sends_nothing_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_stream, "BODY_GRACE_SECONDS", 0.05)

    with pytest.raises(TooSlow):
        slices(Body(b"a\n", None).receive)


def test_time_that_is_spent_on_the_lines_does_not_count_against_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line_stream, "BODY_GRACE_SECONDS", 0.1)
    part = b"x" * 65_535 + b"\n"

    async def work() -> None:
        await asyncio.sleep(0.02)

    taken = slices(Body(*[part] * 100).receive, line_max=1 << 20, work=work)
    assert sum(map(len, taken)) == 100 * len(part)


def test_a_client_that_is_gone_ends_it() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Gone):
        slices(receive)
