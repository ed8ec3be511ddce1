"""The first signal is noted, the second one is immediate."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from jobs.worker.process.stop_signals import EXIT_IMMEDIATE, StopSignals


@pytest.fixture
def signals() -> Iterator[StopSignals]:
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signals = StopSignals()
    signals.listen()
    yield signals
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
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


def test_a_supervised_worker_hears_of_ctrl_c_from_the_supervisor_alone(
    signals: StopSignals,
) -> None:
    signals.listen(supervised=True)
    signal.raise_signal(signal.SIGINT)
    assert not signals.received
    signal.raise_signal(signal.SIGTERM)
    assert signals.received
