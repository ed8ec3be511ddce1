"""Staff with and without permissions, and dead letters as a worker leaves them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

import scheduler.urls  # noqa: F401  (the pages are registered)
from accounts.models import User
from jobs.core.attempt_error import error_of
from jobs.core.errors import PermanentError
from jobs.core.finished import Finished
from jobs.core.outcome import CutOff, FailedForGood
from jobs.core.secrets import Secrets
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter, Job, Worker
from jobs.services.attempts import jobs_claim, jobs_record
from jobs.tests.factories import make_job, make_user, make_worker

MakeDeadLetters = Callable[..., list[DeadLetter]]
VIEW = (
    "view_job",
    "view_deadletter",
    "view_processedkey",
    "view_event",
    "view_queue",
    "view_worker",
)


def make_staff(*codenames: str) -> User:
    """A member of staff with these permissions on the models of this app."""
    user = make_user(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="jobs", codename__in=codenames)
    )
    return user


def signed_in(user: User) -> Client:
    """A browser session of that user."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chief(db: None) -> User:
    """A user with every permission."""
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def admin_client(chief: User) -> Client:
    """The session of a user with every permission."""
    return signed_in(chief)


@pytest.fixture
def viewer_client(db: None) -> Client:
    """The session of a user with the view permissions."""
    return signed_in(make_staff(*VIEW))


@pytest.fixture
def worker(db: None) -> Worker:
    """A live worker."""
    return make_worker()


@pytest.fixture
def make_dead_letters(worker: Worker) -> MakeDeadLetters:
    """Makes `number` jobs that the worker claims and that fail for good."""

    def make(number: int = 1, *, unknown: bool = False, **fields: Any) -> list[DeadLetter]:
        jobs = [make_job(**fields) for _ in range(number)]
        claims = jobs_claim(worker_id=worker.id, job_ids=[job.id for job in jobs])
        jobs_record(
            finished=[Finished(claim, _outcome(claim.payload, unknown, worker)) for claim in claims]
        )
        return list(DeadLetter.objects.filter(job_id__in=[job.id for job in jobs]).order_by("-id"))

    return make


def _outcome(payload: dict[str, Any], unknown: bool, worker: Worker) -> FailedForGood | CutOff:
    secrets = Secrets(payload, job_types.get("tests.note").sensitive)
    try:
        _call_that_fails(f"no such mailbox <b>&</b> {payload.get('secret', '')}")
    except PermanentError as error:
        said = error_of(error, worker.name, secrets)
    return CutOff(said) if unknown else FailedForGood(said)


def _call_that_fails(message: str) -> None:
    raise PermanentError(message)


@pytest.fixture
def dead_letter(make_dead_letters: MakeDeadLetters) -> DeadLetter:
    """One dead letter that waits for a person."""
    return make_dead_letters()[0]


@pytest.fixture
def job(db: None) -> Job:
    """One queued job."""
    return make_job()
