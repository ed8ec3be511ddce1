"""The calls about queues: what is shown, who may, and what follows."""

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.models import Event
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.paused_queues import paused_queue_names
from jobs.tests.steps import claim_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> APIClient:
    """May see, pause and resume queues."""
    return client_of(allow(make_user(username="ann"), "view_queue", "pause_queue"))


def test_every_queue_is_shown(operator: APIClient) -> None:
    claim_one(make_job(queue="bulk"))
    make_job(queue="bulk")
    make_job(queue="bulk", delay_seconds=60)

    response = operator.get("/queues")

    assert response.status_code == 200
    by_name = {one["name"]: one for one in response.json()["results"]}
    assert list(by_name) == ["default", "emails", "bulk"]
    bulk = by_name["bulk"]
    assert bulk.pop("oldest_ready_seconds") >= 0
    assert bulk == {
        "name": "bulk",
        "depth": 1,
        "delayed": 1,
        "is_capped": False,
        "in_flight": 1,
        "paused": False,
        "paused_at": None,
        "paused_by": None,
        "paused_reason": None,
        "held": 0,
        "limit": None,
        "links": {
            "self": "/queues/bulk",
            "pause": "/queues/bulk/pause",
            "resume": "/queues/bulk/resume",
        },
    }


def test_a_pause_has_who_and_why_and_ends(operator: APIClient) -> None:
    response = operator.post("/queues/bulk/pause", {"reason": "migration"})

    assert response.status_code == 200
    paused = response.json()
    assert (paused["paused"], paused["paused_by"], paused["paused_reason"]) == (
        True,
        "ann",
        "migration",
    )
    assert operator.get("/queues/bulk").json()["paused_at"] == paused["paused_at"]
    event = Event.objects.about("queue", "bulk")[0]
    assert (event.actor_name, event.reason) == ("ann", "migration")
    assert event.request_id

    resumed = operator.post("/queues/bulk/resume")

    assert resumed.status_code == 200
    assert (resumed.json()["paused"], resumed.json()["paused_reason"]) == (False, None)


def test_the_reason_may_be_missing(operator: APIClient) -> None:
    for body in (None, {}, {"reason": None}):
        assert operator.post("/queues/bulk/pause", body).status_code == 200
    assert paused_queue_names() == {"bulk"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": 7, "why": "x"}, "/why"),
        ({"reason": "x" * 501}, "/reason"),
        ({"reason": ["x"]}, "/reason"),
        ([], ""),
    ],
)
def test_a_body_that_makes_no_sense(operator: APIClient, body: object, pointer: str) -> None:
    said = problem(operator.post("/queues/bulk/pause", body), 400, "invalid")
    assert said["errors"][0]["pointer"] == pointer
    assert paused_queue_names() == frozenset()


def test_an_unknown_queue_is_not_found(operator: APIClient) -> None:
    for path in ("/queues/nowhere", "/queues/a%00b", f"/queues/{'x' * 70}"):
        problem(operator.get(path), 404, "not_found")
    for decision in ("pause", "resume"):
        said = problem(operator.post(f"/queues/nowhere/{decision}"), 404, "not_found")
        assert "known queues: default, emails, bulk" in said["detail"]


def test_an_unknown_parameter_is_refused(operator: APIClient) -> None:
    problem(operator.get("/queues?page=2"), 400, "invalid")


@pytest.mark.parametrize(
    ("permission", "seen", "paused"),
    [(None, 403, 403), ("view_queue", 200, 403), ("pause_queue", 403, 200)],
)
def test_each_call_takes_its_permission(
    user: User, permission: str | None, seen: int, paused: int
) -> None:
    client = client_of(allow(user, permission) if permission else user)
    assert client.get("/queues").status_code == seen
    assert client.get("/queues/bulk").status_code == seen
    assert client.post("/queues/bulk/pause").status_code == paused
    assert client.post("/queues/bulk/resume").status_code == paused


def test_a_client_makes_no_queue(api: APIClient, settings: Settings) -> None:
    body = {"type": "tests.note", "payload": {"text": "a"}, "queue": "nowhere"}
    problem(api.post("/addJob", body), 400, "unknown_queue")


def test_jobs_are_accepted_while_their_queue_is_paused(operator: APIClient) -> None:
    assert operator.post("/queues/bulk/pause", {"reason": "migration"}).status_code == 200
    body = {"type": "tests.note", "payload": {"text": "a"}, "queue": "bulk"}
    path = operator.post("/addJob", body)["Location"]
    said = operator.get(path).json()["waiting_for"]
    assert said == "the queue bulk is paused by ann: migration"
