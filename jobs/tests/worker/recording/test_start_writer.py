"""Starts are written in groups; one at fault, or whose row is locked, keeps no other waiting."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DataError, OperationalError, transaction

from jobs.core.claim import ClaimedJob, Start
from jobs.core.clock import SystemClock
from jobs.models import Job
from jobs.services.starts import jobs_start
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, stored
from jobs.tests.waiting import wait_until
from jobs.worker.recording import start_writer
from jobs.worker.recording.start_writer import StartWriter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def writer() -> Iterator[StartWriter]:
    writer = StartWriter(SystemClock())
    writer.start()
    yield writer
    writer.stop(20)


@pytest.fixture
def claims() -> list[ClaimedJob]:
    worker = make_worker()
    return [claim_one(make_job(type="tests.note_once"), worker) for _ in range(4)]


def write_at_once(writer: StartWriter, claims: list[ClaimedJob]) -> list[bool | Exception]:
    """What each got that asked while another statement was under way."""

    def one(claim: ClaimedJob) -> bool | Exception:
        try:
            return writer.write(Start(claim))
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            return error

    with ThreadPoolExecutor(len(claims)) as threads:
        return list(threads.map(one, claims))


def test_what_asks_during_one_commit_goes_into_the_next(
    writer: StartWriter, claims: list[ClaimedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    first_is_under_way, go_on = threading.Event(), threading.Event()

    def slowly(**arguments: Any) -> Any:
        sizes.append(len(arguments["starts"]))
        if len(sizes) == 1:
            first_is_under_way.set()
            go_on.wait(20)
        return jobs_start(**arguments)

    monkeypatch.setattr(start_writer, "jobs_start", slowly)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(writer.write, Start(claims[0]))
        first_is_under_way.wait(20)
        with ThreadPoolExecutor(3) as threads:
            others = [threads.submit(writer.write, Start(claim)) for claim in claims[1:]]
            wait_until(lambda: writer._asked.qsize() == 3)
            go_on.set()
            assert [one.result(20) for one in [first, *others]] == [True] * 4
    assert sizes == [1, 3]
    assert all(stored(claim).started_at is not None for claim in claims)


def test_what_was_taken_away_is_told_from_the_others(
    writer: StartWriter, claims: list[ClaimedJob]
) -> None:
    other = make_worker()
    gone = claim_one(make_job(type="tests.note_once"), other)
    Job.objects.filter(id=gone.id).update(attempt=7)
    assert write_at_once(writer, [*claims, gone]) == [True, True, True, True, False]
    assert stored(gone).started_at is None


def test_one_that_is_at_fault_does_not_spoil_the_others(
    writer: StartWriter, claims: list[ClaimedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = claims[1]

    def refuse_bad(**arguments: Any) -> Any:
        if any(start.claim is bad for start in arguments["starts"]):
            error = DataError("corrupted")
            error.__cause__ = type("Cause", (Exception,), {"sqlstate": "XX001"})()
            raise error
        return jobs_start(**arguments)

    monkeypatch.setattr(start_writer, "jobs_start", refuse_bad)
    result = write_at_once(writer, claims)
    assert isinstance(result[1], DataError)
    assert result[:1] + result[2:] == [True] * 3


def test_a_lock_on_one_row_keeps_no_other_start_waiting(
    writer: StartWriter, claims: list[ClaimedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_writer, "LOCKED_SECONDS", 1.0)
    with transaction.atomic():
        Job.objects.select_for_update().get(id=claims[0].id)
        begun_at = time.monotonic()
        assert write_at_once(writer, claims[1:]) == [True] * 3
        [refused] = write_at_once(writer, claims[:1])
        assert isinstance(refused, OperationalError)
        assert time.monotonic() - begun_at < 10
    assert write_at_once(writer, claims[:1]) == [True]


def test_a_row_that_is_let_go_of_in_time_is_written(
    writer: StartWriter, claims: list[ClaimedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    met_the_lock = threading.Event()

    def note_lock(**arguments: Any) -> Any:
        started = jobs_start(**arguments)
        if started.locked:
            met_the_lock.set()
        return started

    monkeypatch.setattr(start_writer, "jobs_start", note_lock)
    monkeypatch.setattr(start_writer, "LOCKED_SECONDS", 20.0)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Job.objects.select_for_update().get(id=claims[0].id)
            waiting = thread.submit(writer.write, Start(claims[0]))
            assert met_the_lock.wait(20)
        assert waiting.result(20)


def test_what_was_rescued_meanwhile_is_not_written(
    writer: StartWriter, claims: list[ClaimedJob]
) -> None:
    Job.objects.filter(id=claims[0].id).update(state="queued", worker=None)
    assert write_at_once(writer, claims[:1]) == [False]
