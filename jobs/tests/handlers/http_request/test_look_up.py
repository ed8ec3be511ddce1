"""A look-up ends with its call, whatever the system's resolver does."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.handlers.http_request import look_up
from jobs.handlers.http_request.http_request import CallFailed
from jobs.tests.handlers.http_request.conftest import HOST, Call


class HangingResolver:
    """Stands for the system's resolver while no name server answers."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.asked = 0

    def __call__(self, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        self.may_end.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")


@pytest.fixture
def hanging(call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingResolver]:
    """What names are resolved by during the test; no thread of it is left afterwards."""
    resolver = HangingResolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.may_end.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join()


def test_a_call_ends_in_its_time_while_no_name_server_answers(
    call: Call, hanging: HangingResolver
) -> None:
    began = time.monotonic()
    with pytest.raises(CallFailed, match=f"^{HOST} was not resolved within 0.2 s$"):
        call(443, timeout_seconds=0.2)
    assert time.monotonic() - began < 5
    assert hanging.asked == 1


def test_what_is_left_behind_has_a_limit(
    call: Call, hanging: HangingResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "_free", threading.BoundedSemaphore(2))
    for _ in range(3):
        with pytest.raises(CallFailed, match="was not resolved"):
            call(443, timeout_seconds=0.1)
    assert hanging.asked == 2


def test_a_look_up_that_has_ended_makes_room(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_up, "_free", threading.BoundedSemaphore(1))

    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for _ in range(2):
        with pytest.raises(CallFailed, match="no such name"):
            call(443, timeout_seconds=30)
