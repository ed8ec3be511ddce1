"""`GET /batches/<id>/events`: which events a batch has, and where a stream goes on.

Real streams, on a real server: `jobs/tests/acceptance/test_event_streams.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs import JobRequest
from jobs.core.wait_offer import ENVIRONMENT_KEY, WaitOffer
from jobs.models import Batch, Job
from jobs.services.batches import batch_add, batch_close, batch_create
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.waiting import places_taken
from jobs.services.waiting.places import Place, batch_seen
from jobs.tests.api.sent_events import Events, events
from jobs.tests.steps import die, make_due, succeed
from jobs.tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(user: User) -> Batch:
    made = batch_create(name="b", submitted_by_id=user.pk)
    requests = [JobRequest("tests.note", {"text": f"{n}"}) for n in range(2)]
    batch_add(batch_id=made.id, requests=requests, submitted_by_id=user.pk)
    return made


@pytest.fixture
def woken() -> list[bool]:
    return []


@pytest.fixture
def offer(woken: list[bool]) -> Iterator[WaitOffer]:
    offer = WaitOffer(lambda: woken.append(True))
    yield offer
    offer.leave()
    assert places_taken() == 0


def get(api: APIClient, batch: Batch, last: str = "", offer: WaitOffer | None = None) -> Any:
    extra: dict[str, Any] = {"HTTP_ACCEPT": "text/event-stream"}
    if last:
        extra["HTTP_LAST_EVENT_ID"] = last
    if offer:
        extra[ENVIRONMENT_KEY] = offer
    return api.get(f"/batches/{batch.pk}/events", **extra)


def only(found: Events) -> tuple[str, str, Any]:
    [event] = found
    return event


def test_a_batch_from_its_making_to_its_end(api: APIClient, batch: Batch) -> None:
    first, second = Job.objects.filter(batch_id=batch.id).order_by("id")
    response = get(api, batch)
    assert response.headers["Content-Type"] == "text/event-stream"
    last, name, data = only(events(response))
    assert (name, data["id"], data["state"]) == ("progress", str(batch.pk), "open")
    assert (data["total"], data["done"]) == (2, 0)
    assert events(get(api, batch, last)) == []

    batch_close(batch_id=batch.id)
    last, name, data = only(events(get(api, batch, last)))
    assert (name, data["state"]) == ("progress", "running")
    succeed(first)
    last, name, data = only(events(get(api, batch, last)))
    assert (name, data["done"], data["succeeded"]) == ("progress", 1, 1)

    letter = die(second)
    last, name, data = only(events(get(api, batch, last)))
    assert (name, data["state"], data["failed"]) == ("final", "completed", 1)
    assert data == api.get(f"/batches/{batch.pk}").json()
    assert get(api, batch, last).status_code == 204

    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    last, name, data = only(events(get(api, batch, last)))
    assert (name, data["state"], data["failed"]) == ("progress", "running", 0)
    make_due(second)
    succeed(second)
    _, name, data = only(events(get(api, batch, last)))
    assert (name, data["succeeded"]) == ("final", 2)


@pytest.mark.parametrize("last", ["nothing", "open-1", "open-1-2-3-4-5-6-7", "shut-0-0-0-0-0-0"])
def test_what_is_no_id_of_an_event(api: APIClient, batch: Batch, last: str) -> None:
    assert "Last-Event-ID" in problem(get(api, batch, last), 400, "invalid")["detail"]


def test_who_may_not_see_it_may_not_follow_it(
    other_api: APIClient, anonymous: APIClient, batch: Batch
) -> None:
    problem(get(other_api, batch), 404, "not_found")
    assert get(anonymous, batch).status_code == 401


def test_a_change_wakes_who_follows(
    api: APIClient, batch: Batch, offer: WaitOffer, woken: list[bool]
) -> None:
    assert only(events(get(api, batch, offer=offer)))[1] == "progress"
    assert (offer.is_stream, offer.is_waiting, places_taken()) == (True, True, 1)
    batch_close(batch_id=batch.id)
    wait_until(lambda: woken)
    offer.has_begun = True
    assert only(events(get(api, batch, offer=offer)))[2]["state"] == "running"
    for job in Job.objects.filter(batch_id=batch.id):
        job_cancel(job_id=job.pk)
    woken.clear()
    wait_until(lambda: woken)
    offer.is_waiting = False  # as the server has it before each call
    assert only(events(get(api, batch, offer=offer)))[1] == "final"
    assert not offer.is_waiting


@pytest.mark.parametrize(
    ("setting", "status"), [("JOBS_WAITS_MAX", 503), ("JOBS_WAITS_PER_CLIENT", 429)]
)
def test_one_too_many(
    setting: str,
    status: int,
    api: APIClient,
    batch: Batch,
    offer: WaitOffer,
    settings: Settings,
) -> None:
    setattr(settings, setting, 0)
    refused = get(api, batch, offer=offer)
    problem(refused, status, "too_many_waits")
    assert refused.headers["Retry-After"] == "1"


def test_news_of_a_batch(batch: Batch) -> None:
    place = Place(batch.id, "ann", lambda: None, batch_seen(batch), True, True)
    assert place.is_outdated(batch_seen(Batch.objects.get(id=batch.id)))  # jobs were added
    place.seen = batch_seen(Batch.objects.get(id=batch.id))
    assert not place.is_outdated(place.seen)
    assert place.is_outdated(None)
