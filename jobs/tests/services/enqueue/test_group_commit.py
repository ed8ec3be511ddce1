"""Threads that commit together: which one leads, which wait, and what each is answered."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import DataError, OperationalError

from jobs.services.enqueue import group_commit
from jobs.services.enqueue.group_commit import GroupCommit
from jobs.tests.waiting import wait_until

FOLLOWERS = 5


class Writer:
    """Answers ten times the item. Its first write waits until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.failing: dict[int, Exception] = {}
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.groups.append(sorted(items))
        self.begun.set()
        assert self.go.wait(20)
        for item in items:
            if item in self.failing:
                raise self.failing[item]
        return [item * 10 for item in items]


@pytest.fixture
def writer() -> Writer:
    return Writer()


def together(writer: Writer) -> list["Future[int]"]:
    """Item 0 is being written while 1 to 5 come."""
    group = GroupCommit[int, int](writer)
    with ThreadPoolExecutor(FOLLOWERS + 1) as pool:
        calls = [pool.submit(group.write, 0)]
        assert writer.begun.wait(20)
        calls += [pool.submit(group.write, number) for number in range(1, FOLLOWERS + 1)]
        wait_until(lambda: len(group._waiting) == FOLLOWERS, 20)
        writer.go.set()
    return calls


def test_one_alone_is_written_at_once(writer: Writer) -> None:
    writer.go.set()
    group = GroupCommit[int, int](writer)

    assert [group.write(number) for number in (1, 2)] == [10, 20]
    assert writer.groups == [[1], [2]]


def test_what_comes_meanwhile_is_one_group_and_each_gets_its_own_answer(writer: Writer) -> None:
    calls = together(writer)

    assert [call.result() for call in calls] == [0, 10, 20, 30, 40, 50]
    assert writer.groups == [[0], [1, 2, 3, 4, 5]]


def test_the_next_one_leads_where_a_leader_fails(writer: Writer) -> None:
    writer.failing[0] = ValueError("a mistake")

    first, *others = together(writer)

    with pytest.raises(ValueError, match="a mistake"):
        first.result()
    assert [call.result() for call in others] == [10, 20, 30, 40, 50]


def test_a_mistake_in_a_group_is_that_of_one_item(writer: Writer) -> None:
    writer.failing[3] = ValueError("a mistake")

    calls = together(writer)

    failed = [number for number, call in enumerate(calls) if call.exception()]
    assert 3 in failed
    # The leader met the mistake itself; the other threads have tried alone.
    assert len(failed) <= 2
    assert all(call.result() == n * 10 for n, call in enumerate(calls) if n not in failed)


def test_what_postgresql_refuses_for_certain_is_tried_one_by_one(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_is_undone", lambda error: True)
    writer.failing[3] = DataError("no such number")

    calls = together(writer)

    with pytest.raises(DataError, match="no such number"):
        calls[3].result()
    assert [call.result() for n, call in enumerate(calls) if n != 3] == [0, 10, 20, 40, 50]


def test_what_may_have_been_committed_is_never_written_again(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_is_undone", lambda error: False)
    writer.failing[3] = OperationalError("server closed the connection unexpectedly")

    first, *others = together(writer)

    assert first.result() == 0
    for call in others:
        with pytest.raises(OperationalError, match="server closed"):
            call.result()
    assert writer.groups == [[0], [1, 2, 3, 4, 5]]


def test_after_a_failure_the_group_goes_on(writer: Writer) -> None:
    writer.go.set()
    writer.failing[1] = OperationalError("away")
    group = GroupCommit[int, int](writer)

    with pytest.raises(OperationalError):
        group.write(1)

    assert group.write(2) == 20
