"""Jobs that several threads submit at the same moment."""

import threading
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from jobs.broker.redis import RedisBroker
from jobs.core.conf import PRIORITY_MAX, jobs_conf
from jobs.core.errors import PayloadInvalid
from jobs.core.new_job import NewJob
from jobs.models import Job
from jobs.services.enqueue import (
    Enqueued,
    JobRequest,
    accept,
    insert,
    job_enqueue_together,
    resolve,
)
from jobs.services.enqueue.group_commit import GroupCommit
from jobs.tests.factories import make_user
from jobs.tests.threads import at_once, elsewhere
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 8


class Slow:
    """Inserts as the service does, but the first group waits until the others are there."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.group = GroupCommit[NewJob, Enqueued](self)

    def __call__(self, new_jobs: Sequence[NewJob]) -> Sequence[Enqueued]:
        self.groups.append(len(new_jobs))
        if len(self.groups) == 1:
            wait_until(lambda: len(self.group._waiting) == CALLERS - 1, 20)
        return insert.insert_batch(new_jobs)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setattr(accept, "_together", slow.group)
    return slow


def in_redis(broker: RedisBroker) -> set[UUID]:
    """The jobs that have been dispatched."""
    slices = broker.waiting_messages(jobs_conf().queues)
    return {message.job_id for messages in slices for message in messages}


def request(number: int, priority: int | None = None) -> JobRequest:
    return JobRequest(type="tests.note", payload={"text": f"{number}"}, priority=priority)


def test_each_gets_its_own_job_and_all_are_dispatched(slow: Slow, broker: RedisBroker) -> None:
    user = make_user()

    accepted = at_once(
        *(
            partial(job_enqueue_together, request=request(number), submitted_by_id=user.pk)
            for number in range(CALLERS)
        )
    )

    assert slow.groups == [1, CALLERS - 1]
    stored = {job.id: job for job in Job.objects.all()}
    assert [stored[one.job_id].payload["text"] for one in accepted] == list("01234567")
    assert {job.submitted_by_id for job in stored.values()} == {user.pk}
    assert in_redis(broker) == set(stored)


def test_what_postgresql_refuses_harms_no_other_item(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "check_request", lambda request: None)  # or it would be refused

    def call(number: int) -> Enqueued | Exception:
        priority = PRIORITY_MAX + 1 if number == 3 else None
        try:
            return job_enqueue_together(request=request(number, priority), submitted_by_id=None)
        except IntegrityError as error:
            return error

    results = at_once(*(partial(call, number) for number in range(CALLERS)))

    assert isinstance(results[3], IntegrityError)
    accepted = [one.job_id for one in results if isinstance(one, Enqueued)]
    assert len(accepted) == CALLERS - 1
    assert set(Job.objects.values_list("id", flat=True)) == set(accepted)


def test_a_connection_that_is_cut_is_an_error_for_the_group_and_no_second_insert(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_batch = insert.insert_batch

    def committed_and_cut(new_jobs: Sequence[NewJob]) -> list[Enqueued]:
        insert_batch(new_jobs)
        connection.close()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(insert, "insert_batch", committed_and_cut)

    def call(number: int) -> str:
        with pytest.raises(OperationalError):
            job_enqueue_together(request=request(number), submitted_by_id=None)
        return "refused"

    assert at_once(*(partial(call, number) for number in range(CALLERS))) == ["refused"] * CALLERS
    assert Job.objects.count() == CALLERS


def test_a_bad_payload_never_joins_a_group(slow: Slow) -> None:
    with pytest.raises(PayloadInvalid):
        job_enqueue_together(
            request=JobRequest(type="tests.note", payload={"text": []}), submitted_by_id=None
        )

    assert slow.groups == []


def test_a_job_with_a_key_may_have_to_wait_and_so_goes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(new_jobs: Sequence[NewJob]) -> list[Enqueued]:
        raise AssertionError("in a group")

    monkeypatch.setattr(accept, "_together", GroupCommit[NewJob, Enqueued](never))
    keyed = request(1)._replace(idempotency_key="k")

    first = job_enqueue_together(request=keyed, submitted_by_id=None)
    again = job_enqueue_together(request=keyed, submitted_by_id=None)

    assert again.duplicate
    assert again.job_id == first.job_id


def test_inside_a_transaction_it_exists_once_that_commits(broker: RedisBroker) -> None:
    with transaction.atomic():
        accepted = job_enqueue_together(request=request(1), submitted_by_id=None)
        assert elsewhere(Job.objects.count) == 0
        assert in_redis(broker) == set()

    assert elsewhere(Job.objects.count) == 1
    assert in_redis(broker) == {accepted.job_id}


def test_calls_one_after_the_other_leave_no_thread_waiting(broker: RedisBroker) -> None:
    def calls() -> int:
        for number in range(25):
            job_enqueue_together(request=request(number), submitted_by_id=None)
        return threading.get_ident()

    at_once(*[calls] * CALLERS)

    assert Job.objects.count() == 25 * CALLERS
    assert len(in_redis(broker)) == 25 * CALLERS
