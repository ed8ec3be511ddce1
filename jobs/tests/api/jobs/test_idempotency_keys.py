"""`POST /addJob` with an `idempotency_key`: one job, however often it is submitted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from jobs.models import Job
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import make_user

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "hello"}}


def test_the_same_key_again_gives_the_same_job(api: APIClient) -> None:
    first = api.post("/addJob", NOTE | {"idempotency_key": "order-1"})

    again = api.post("/addJob", NOTE | {"idempotency_key": "order-1", "payload": {"text": "new"}})

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["duplicate"] is True
    assert again["Location"] == first["Location"]
    assert Job.objects.count() == 1


def test_a_key_belongs_to_one_client_and_one_type(api: APIClient, other_api: APIClient) -> None:
    keyed = NOTE | {"idempotency_key": "order-1"}

    responses = [
        api.post("/addJob", keyed),
        other_api.post("/addJob", keyed),
        api.post("/addJob", keyed | {"type": "tests.note_once"}),
    ]

    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.json()["id"] for response in responses}) == 3


@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_with_one_key_make_one_job() -> None:
    client = client_of(make_user())

    def post(_: int) -> tuple[int, str]:
        try:
            response = client.post("/addJob", NOTE | {"idempotency_key": "order-1"})
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert len({job_id for _, job_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 49 + [202]
    assert Job.objects.count() == 1
