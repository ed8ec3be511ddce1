"""`GET /jobs/<id>?wait=`: what it takes, and what it asks of the server.

Real waits, on a real server: `jobs/tests/acceptance/test_waiting_clients.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from jobs.api.shared import waiting
from jobs.core.wait_offer import ENVIRONMENT_KEY, WaitOffer
from jobs.models import Job
from jobs.services.cancel import job_cancel
from jobs.services.waiting import place_take, places_taken
from jobs.services.waiting.places import Place
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(user: User) -> Job:
    return make_job(submitted_by_id=user.pk)


@pytest.fixture
def offer() -> Iterator[WaitOffer]:
    offer = WaitOffer(lambda: None)
    yield offer
    offer.leave()
    assert places_taken() == 0


def get(api: APIClient, job: Job, wait: Any = 20, offer: WaitOffer | None = None) -> Any:
    extensions: dict[str, Any] = {} if offer is None else {ENVIRONMENT_KEY: offer}
    return api.get(f"/jobs/{job.pk}?wait={wait}", **extensions)


@pytest.mark.parametrize("wait", ["-1", "61", "1.5", "x", "", "1e1", "0x1", "020", "nan"])
def test_anything_but_whole_seconds_is_refused(wait: str, api: APIClient, job: Job) -> None:
    response = get(api, job, wait)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["detail"] == "Give whole seconds, 0 to 60: ?wait=20, for example."
    assert error["pointer"] == "/wait"


def test_twice_and_unknown_parameters_are_refused(api: APIClient, job: Job) -> None:
    assert api.get(f"/jobs/{job.pk}?wait=1&wait=2").status_code == 400
    assert api.get(f"/jobs/{job.pk}?waits=1").status_code == 400


@pytest.mark.parametrize("wait", [0, 20, 60])
def test_a_server_that_cannot_wait_answers_at_once(wait: int, api: APIClient, job: Job) -> None:
    """Such as Django's own in development; a client that asks again does so in a second."""
    response = get(api, job, wait)
    assert (response.status_code, response.json()["state"]) == (200, "queued")
    assert response.headers.get("Retry-After") == ("1" if wait else None)


def test_a_job_that_has_ended_is_told_at_once(api: APIClient, job: Job, offer: WaitOffer) -> None:
    job_cancel(job_id=job.pk)
    response = get(api, job, offer=offer)
    assert response.json()["state"] == "cancelled"
    assert not offer.is_waiting
    assert "Retry-After" not in response.headers


def test_a_call_waits_and_answers_when_it_is_made_again(
    api: APIClient, job: Job, offer: WaitOffer
) -> None:
    get(api, job, 7, offer)
    assert (offer.is_waiting, offer.seconds, places_taken()) == (True, 7, 1)
    offer.is_waiting = False
    get(api, job, 7, offer)  # woken without a reason
    assert (offer.is_waiting, places_taken()) == (True, 1)
    offer.is_waiting = False
    job_cancel(job_id=job.pk)
    assert get(api, job, 7, offer).json()["state"] == "cancelled"
    assert not offer.is_waiting


def test_after_its_time_a_call_answers_with_what_is(
    api: APIClient, job: Job, offer: WaitOffer
) -> None:
    get(api, job, offer=offer)
    offer.is_waiting, offer.is_over = False, True
    response = get(api, job, offer=offer)
    assert response.json()["state"] == "queued"
    assert not offer.is_waiting
    assert "Retry-After" not in response.headers  # the next wait may begin at once


@pytest.mark.parametrize("setting", ["JOBS_WAITS_MAX", "JOBS_WAITS_PER_CLIENT"])
def test_one_too_many_is_answered_at_once(
    setting: str, api: APIClient, job: Job, offer: WaitOffer, settings: Settings
) -> None:
    setattr(settings, setting, 0)
    response = get(api, job, offer=offer)
    assert (response.status_code, response.json()["state"]) == (200, "queued")
    assert response.headers["Retry-After"] == "1"
    assert not offer.is_waiting


def test_a_job_that_ends_before_it_is_watched_is_not_waited_for(
    api: APIClient, job: Job, offer: WaitOffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(place: Place) -> None:
        job_cancel(job_id=job.pk)
        place_take(place)

    monkeypatch.setattr(waiting, "place_take", take)
    assert get(api, job, offer=offer).json()["state"] == "cancelled"
    assert not offer.is_waiting


def test_a_place_that_is_taken_after_the_client_has_left_is_given_up(
    api: APIClient, job: Job, offer: WaitOffer
) -> None:
    offer.leave()
    get(api, job, offer=offer)
    assert places_taken() == 0


def test_jobs_of_others_are_not_waited_for(
    other_api: APIClient, anonymous: APIClient, job: Job, offer: WaitOffer
) -> None:
    assert get(other_api, job, offer=offer).status_code == 404
    assert get(anonymous, job, offer=offer).status_code == 401
    assert not offer.is_waiting
