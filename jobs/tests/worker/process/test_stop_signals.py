"""The first signal is noted, the second one is immediate."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from jobs.worker.process.stop_signals import (
    END_AT_ONCE,
    EXIT_IMMEDIATE,
    STOP_SIGNALS,
    StopSignals,
)


@pytest.fixture
def signals() -> Iterator[StopSignals]:
    former = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, END_AT_ONCE)}
    signals = StopSignals()
    signals.listen()
    yield signals
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_is_noted_whatever_lock_the_main_thread_holds(
    number: signal.Signals, signals: StopSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(event: threading.Event) -> None:
        pytest.fail("an event has a lock, which the main thread may hold while it waits")

    monkeypatch.setattr(threading.Event, "set", refuse)
    assert not signals.received
    signal.raise_signal(number)
    assert signals.received


def test_the_second_signal_ends_the_process(
    signals: StopSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    signal.raise_signal(signal.SIGTERM)
    assert codes == []
    signal.raise_signal(signal.SIGINT)
    assert codes == [EXIT_IMMEDIATE]


def test_a_terminal_that_closes_and_its_shell_both_send_sighup(
    signals: StopSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "_exit", lambda code: pytest.fail("it ended at once"))
    for number in (signal.SIGHUP, signal.SIGHUP):
        signal.raise_signal(number)
    assert signals.received


def test_nohup_is_obeyed() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        StopSignals().listen()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)
        for number in (signal.SIGTERM, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_supervised_worker_may_get_each_signal_twice(
    signals: StopSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the terminal or the service manager, and from the supervisor."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    signals.listen(supervised=True)
    for number in (*STOP_SIGNALS, *STOP_SIGNALS):
        signal.raise_signal(number)
    assert (signals.received, codes) == (True, [])
    signal.raise_signal(END_AT_ONCE)
    assert codes == [EXIT_IMMEDIATE]
