"""Fixtures for the API: clients with real tokens, and dead letters that a worker has recorded."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from jobs.core.attempt_error import error_of
from jobs.core.errors import PermanentError
from jobs.core.finished import Finished
from jobs.core.outcome import FailedForGood
from jobs.models import DeadLetter, Worker
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.tests.factories import allow, make_job, make_user, make_worker

MakeDeadLetter = Callable[..., DeadLetter]


def client_of(user: User) -> APIClient:
    """A client with the user's token, to whom a failure of the server is a response."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")
    client.default_format = "json"
    return client


@pytest.fixture
def user(db: None) -> User:
    return make_user()


@pytest.fixture
def staff(db: None) -> User:
    """May see what other clients have submitted."""
    return allow(make_user(is_staff=True), "view_job", "view_deadletter")


@pytest.fixture
def api(user: User) -> APIClient:
    """Calls as `user`."""
    return client_of(user)


@pytest.fixture
def staff_api(staff: User) -> APIClient:
    """Calls as `staff`."""
    return client_of(staff)


@pytest.fixture
def other_api(db: None) -> APIClient:
    """Calls as another user."""
    return client_of(make_user())


@pytest.fixture
def anonymous() -> APIClient:
    """Calls without a token."""
    client = APIClient(raise_request_exception=False)
    client.default_format = "json"
    return client


@pytest.fixture
def worker(db: None) -> Worker:
    return make_worker()


@pytest.fixture
def make_dead_letter(worker: Worker) -> MakeDeadLetter:
    """Makes a job that a worker claims and that fails for good."""

    def make(**fields: Any) -> DeadLetter:
        job = make_job(**fields)
        [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
        try:
            raise PermanentError("no such mailbox\nsecond line")
        except PermanentError as error:
            outcome = FailedForGood(error_of(error, worker.name))
        jobs_record(finished=[Finished(claim, outcome)])
        return DeadLetter.objects.get(job_id=job.id)

    return make
