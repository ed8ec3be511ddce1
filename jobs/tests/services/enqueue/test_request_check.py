"""What code asks for makes sense, or the error names every argument that does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.core.conf import MAX_RETRIES_LIMIT
from jobs.core.request_errors import RequestInvalid, RequestsRefused
from jobs.models import Job
from jobs.services.enqueue import jobs_enqueue
from jobs.services.enqueue.request_check import IDEMPOTENCY_KEY_MAX, check_request
from jobs.tests.enqueueing import enqueue, request

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)

WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"priority": 10}, {"priority"}),
    ({"priority": -1}, {"priority"}),
    ({"priority": "5"}, {"priority"}),
    ({"priority": True}, {"priority"}),
    ({"priority": 5.0}, {"priority"}),
    ({"max_retries": -1}, {"max_retries"}),
    ({"max_retries": MAX_RETRIES_LIMIT + 1}, {"max_retries"}),
    ({"run_at": MOMENT, "delay_seconds": 5}, {"delay_seconds"}),
    ({"run_at": MOMENT, "delay_seconds": 0}, {"delay_seconds"}),
    ({"expires_at": MOMENT, "expires_in_seconds": 5}, {"expires_in_seconds"}),
    ({"run_at": MOMENT.replace(tzinfo=None)}, {"run_at"}),
    ({"run_at": "2030-01-01T00:00:00Z"}, {"run_at"}),
    ({"expires_at": MOMENT.replace(tzinfo=None)}, {"expires_at"}),
    ({"delay_seconds": -1}, {"delay_seconds"}),
    ({"delay_seconds": float("inf")}, {"delay_seconds"}),
    ({"delay_seconds": float("nan")}, {"delay_seconds"}),
    ({"delay_seconds": 10**400}, {"delay_seconds"}),
    ({"expires_in_seconds": -0.5}, {"expires_in_seconds"}),
    ({"idempotency_key": ""}, {"idempotency_key"}),
    ({"idempotency_key": "k" * (IDEMPOTENCY_KEY_MAX + 1)}, {"idempotency_key"}),
    ({"idempotency_key": "a\0"}, {"idempotency_key"}),
    ({"idempotency_key": "\ud800"}, {"idempotency_key"}),
    ({"idempotency_key": 7}, {"idempotency_key"}),
    ({"fairness_key": "t" * 256}, {"fairness_key"}),
    ({"priority": 11, "max_retries": 99, "delay_seconds": -1},
     {"priority", "max_retries", "delay_seconds"}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "names"), WRONG)
def test_what_makes_no_sense(fields: dict[str, Any], names: set[str]) -> None:
    with pytest.raises(RequestInvalid) as caught:
        check_request(request(**fields))
    assert caught.value.errors.keys() == names
    assert all(name in str(caught.value) for name in names)


def test_what_makes_sense() -> None:
    check_request(request())
    check_request(request(priority=0, max_retries=0, run_at=MOMENT, expires_at=MOMENT))
    check_request(request(priority=9, delay_seconds=0, expires_in_seconds=0.5, fairness_key="t"))


def test_the_key_may_be_as_long_as_its_column() -> None:
    assert Job._meta.get_field("idempotency_key").max_length == IDEMPOTENCY_KEY_MAX


@pytest.mark.django_db(transaction=True)
def test_nothing_is_accepted_of_it() -> None:
    with pytest.raises(RequestInvalid, match="whole number from 0 to 9"):
        enqueue(priority=10)
    requests = [request(), request(run_at=MOMENT, delay_seconds=1.0), request(priority=9)]
    with pytest.raises(RequestsRefused):
        jobs_enqueue(requests=requests, atomic=True)
    assert not Job.objects.exists()
    first, refused, last = jobs_enqueue(requests=requests)
    assert isinstance(refused, RequestInvalid)
    assert {job.priority for job in Job.objects.all()} == {5, 9}
    assert not isinstance(first, Exception)
    assert not isinstance(last, Exception)
