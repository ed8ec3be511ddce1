"""Many jobs are inserted at once; duplicates are found, and no two calls deadlock."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from jobs.models import Job
from jobs.services.enqueue import Enqueued, JobRequest, jobs_enqueue
from jobs.services.enqueue.insert import BATCH
from jobs.tests.enqueueing import enqueue, request
from jobs.tests.threads import at_once, elsewhere, waiting_for_locks
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_duplicate_of_a_job_that_is_rolled_back_becomes_a_job_of_its_own() -> None:
    """The first call holds the key, and is rolled back while the second one waits."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            enqueue(idempotency_key="order-1")
            second = pool.submit(elsewhere, lambda: enqueue(idempotency_key="order-1"))
            wait_until(waiting_for_locks)
            transaction.set_rollback(True)
        accepted = second.result(20)
    assert not accepted.duplicate
    assert Job.objects.get().id == accepted.job_id


def test_many_keys_are_taken_in_one_order_so_that_no_calls_deadlock() -> None:
    """A batch that asks for `b` and then `a` must not hold `b` while it waits for `a`."""

    def is_free(key: str) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
            enqueue(idempotency_key=key)
            transaction.set_rollback(True)
        return True

    batch = [request(idempotency_key="b"), request(idempotency_key="a")]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            enqueue(idempotency_key="a")
            answers = pool.submit(elsewhere, lambda: jobs_enqueue(requests=batch))
            wait_until(lambda: waiting_for_locks() == 1)
            assert elsewhere(lambda: is_free("b"))
        assert [one.duplicate for one in answers.result(20) if isinstance(one, Enqueued)] == [
            False,
            True,
        ]


def test_two_calls_with_the_same_thousands_of_keys_do_not_wait_for_one_another() -> None:
    """They would, for ever, if each took them batch by batch in its own order."""
    count = 2 * BATCH + 10
    requests = [
        JobRequest("tests.note", {"text": "x"}, idempotency_key=f"{n:05}") for n in range(count)
    ]
    answers = at_once(
        lambda: jobs_enqueue(requests=requests),
        lambda: jobs_enqueue(requests=requests[::-1])[::-1],
    )
    first, second = ([one.job_id for one in answer] for answer in answers)  # type: ignore[union-attr]
    assert first == second
    assert Job.objects.count() == count


def test_a_thousand_duplicates_are_found_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    requests = [
        JobRequest("tests.note", {"text": "x"}, idempotency_key=f"{n}") for n in range(BATCH)
    ]
    first = jobs_enqueue(requests=requests)
    with django_assert_num_queries(4):  # two of them begin and end the transaction
        again = jobs_enqueue(requests=requests)
    assert [one.job_id for one in again] == [one.job_id for one in first]  # type: ignore[union-attr]
    assert all(one.duplicate for one in again)  # type: ignore[union-attr]
