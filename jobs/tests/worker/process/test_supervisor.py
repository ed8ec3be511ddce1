"""What a supervisor does at the worst moment of a signal; real processes: acceptance tests."""

import os
import signal
from collections.abc import Callable

import pytest

from jobs.tests.fake_clock import FakeClock
from jobs.worker.process.stop_signals import EXIT_UNFINISHED, EXIT_USAGE
from jobs.worker.process.supervisor import QUICK_DEATH_SECONDS, RESTART_CAP_SECONDS, Supervisor


class Forks:
    """Stands in for the system: children are numbers, and none of them runs."""

    def __init__(self) -> None:
        self.made = 0
        self.killed: list[int] = []
        self.gone: set[int] = set()
        self.before_each: Callable[[], None] = lambda: None

    def fork(self) -> int:
        self.made += 1
        self.before_each()
        return self.made

    def kill(self, pid: int, number: int) -> None:
        if pid in self.gone:
            raise ProcessLookupError
        self.killed.append(pid)


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> Forks:
    forks = Forks()
    monkeypatch.setattr(os, "fork", forks.fork)
    monkeypatch.setattr(os, "kill", forks.kill)
    return forks


@pytest.fixture
def supervisor(forks: Forks) -> Supervisor:
    return Supervisor(3, lambda number: 0, FakeClock())


def test_a_signal_between_two_starts_makes_the_rest_of_them_unwanted(
    supervisor: Supervisor, forks: Forks
) -> None:
    forks.before_each = lambda: supervisor._on_signal(signal.SIGTERM, None)
    supervisor._start_due()
    assert forks.made == 1


def test_no_child_is_made_that_a_signal_has_already_missed(
    supervisor: Supervisor, forks: Forks
) -> None:
    supervisor._on_signal(signal.SIGTERM, None)
    supervisor._start(1)
    assert forks.made == 0


def test_a_child_that_has_just_gone_keeps_the_signal_from_none_of_the_others(
    supervisor: Supervisor, forks: Forks
) -> None:
    supervisor._start_due()
    forks.gone = {1}
    supervisor._on_signal(signal.SIGTERM, None)
    assert forks.killed == [2, 3]


@pytest.mark.parametrize(
    ("codes", "reported"),
    [
        ([0, 0], 0),
        ([0, 130], 130),
        ([0, -signal.SIGKILL], EXIT_UNFINISHED),
        ([0, -signal.SIGTERM], 0),
    ],
)
def test_what_it_exits_with_is_documented(
    codes: list[int], reported: int, supervisor: Supervisor
) -> None:
    supervisor._on_signal(signal.SIGTERM, None)
    for number, code in enumerate(codes, start=1):
        supervisor._ended(number, code)
    assert supervisor._worst_exit == reported


def test_what_can_never_be_done_is_not_tried_again(supervisor: Supervisor, forks: Forks) -> None:
    """A port that is taken, for example: a single worker ends with 2, too."""
    supervisor._start_due()
    supervisor._children.pop(2)
    supervisor._ended(2, EXIT_USAGE)
    assert forks.killed == [1, 3]
    assert (supervisor._due, supervisor._worst_exit) == ({}, EXIT_USAGE)


def test_a_worker_that_could_do_it_once_may_again(supervisor: Supervisor, forks: Forks) -> None:
    """Redis was moved, perhaps, and comes back: the others have never stopped."""
    supervisor._start_due()
    supervisor._ended(2, 0)
    supervisor._start_due()
    supervisor._ended(2, EXIT_USAGE)
    assert forks.killed == []
    assert list(supervisor._due) == [2]


@pytest.fixture
def clock(supervisor: Supervisor) -> FakeClock:
    clock = supervisor._clock
    assert isinstance(clock, FakeClock)
    return clock


def seconds_to_restart(supervisor: Supervisor, clock: FakeClock) -> float:
    return supervisor._due[1] - clock.now


def test_a_worker_that_dies_at_once_is_restarted_ever_later(
    supervisor: Supervisor, clock: FakeClock, forks: Forks
) -> None:
    waits: list[float] = []
    for _ in range(8):
        supervisor._start(1)
        clock.now += QUICK_DEATH_SECONDS - 1
        supervisor._ended(1, 1)
        waits.append(seconds_to_restart(supervisor, clock))
    assert waits == [1, 2, 4, 8, 16, RESTART_CAP_SECONDS, RESTART_CAP_SECONDS, RESTART_CAP_SECONDS]


def test_a_worker_that_dies_after_a_while_is_restarted_soon(
    supervisor: Supervisor, clock: FakeClock, forks: Forks
) -> None:
    supervisor._start(1)
    supervisor._ended(1, 1)
    supervisor._start(1)
    clock.now += QUICK_DEATH_SECONDS
    supervisor._ended(1, -signal.SIGKILL)
    assert seconds_to_restart(supervisor, clock) == 0.5


def test_a_worker_that_has_recycled_itself_is_restarted_at_once(
    supervisor: Supervisor, clock: FakeClock, forks: Forks, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor._start(1)
    supervisor._ended(1, 0)
    assert seconds_to_restart(supervisor, clock) == 0
    assert "WARNING" not in caplog.text


def test_a_worker_for_which_the_system_has_no_process_left_is_started_later(
    supervisor: Supervisor, clock: FakeClock, forks: Forks, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise BlockingIOError("no process is left")

    forks.before_each = refuse
    supervisor._start_due()
    assert supervisor._children == {}
    assert "could not be started, and is tried again in 1 s: no process is left" in caplog.text
    assert seconds_to_restart(supervisor, clock) == 1
    forks.before_each = lambda: None
    clock.now += 1
    supervisor._start_due()
    assert sorted(supervisor._children.values()) == [1, 2, 3]
