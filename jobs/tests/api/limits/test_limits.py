"""The calls about limits: what is shown, who may, what is refused, and what follows."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import problem
from jobs.models import Event, Job, Limit
from jobs.services.limits.book import limit_book
from jobs.services.maintenance.admit import limits_repair
from jobs.tests.api.conftest import client_of
from jobs.tests.factories import allow, make_job, make_user

pytestmark = pytest.mark.django_db

PATH = "/limits/queue:bulk"


@pytest.fixture
def steward(db: None) -> APIClient:
    """May see, set and remove limits."""
    return client_of(allow(make_user(username="ann"), "view_limit", "change_limit", "delete_limit"))


def names(response: Any) -> list[str]:
    return [one["name"] for one in response.json()["results"]]


def test_a_limit_is_set_and_holds_jobs(steward: APIClient) -> None:
    response = steward.put(
        PATH, {"max_concurrency": 1, "rate": "100/m", "burst": 5, "reason": "licence"}
    )

    assert response.status_code == 200
    assert response.json() == {
        "name": "queue:bulk",
        "max_concurrency": 1,
        "rate": "100/m",
        "burst": 5,
        "is_fair": False,
        "set_by": "staff",
        "slots_in_use": 0,
        "held": 0,
        "is_capped": False,
        "links": {"self": "/limits/queue:bulk"},
    }
    [event] = Event.objects.about("limit", "queue:bulk")
    assert (event.action, event.actor_name, event.reason) == ("limit.set", "ann", "licence")
    steward.put(PATH, {"max_concurrency": 1})
    for _ in range(3):
        make_job(queue="bulk")
    limits_repair()
    shown = steward.get(PATH).json()
    assert (shown["slots_in_use"], shown["held"]) == (1, 2)


def test_what_is_put_takes_the_place_of_what_was(steward: APIClient) -> None:
    steward.put(PATH, {"max_concurrency": 3, "rate": "5/10s", "is_fair": True})
    body = steward.put(PATH, {"max_concurrency": 4, "rate": None}).json()
    assert (body["max_concurrency"], body["rate"], body["is_fair"]) == (4, None, False)


def test_a_limit_is_removed(steward: APIClient) -> None:
    steward.put(PATH, {"max_concurrency": 1})

    assert steward.delete(PATH).status_code == 204

    assert not Limit.objects.exists()
    problem(steward.delete(PATH), 404, "not_found")
    problem(steward.get(PATH), 404, "not_found")
    assert [one.action for one in Event.objects.about("limit", "queue:bulk")] == [
        "limit.removed",
        "limit.set",
    ]


def test_what_code_declares_is_shown_and_comes_back(steward: APIClient) -> None:
    path = "/limits/type:tests.note_limited"
    assert steward.get(path).json()["set_by"] == "code"
    problem(steward.delete(path), 404, "not_found")
    assert steward.put(path, {"max_concurrency": 7}).json()["set_by"] == "staff"

    assert steward.delete(path).status_code == 204

    shown = steward.get(path).json()
    assert (shown["set_by"], shown["max_concurrency"]) == ("code", 1)


def test_a_key_may_hold_any_character(steward: APIClient) -> None:
    path = "/limits/key:tests.note_keyed:a%2Fb%20%C3%A9"
    body = steward.put(path, {"max_concurrency": 1}).json()
    assert body["name"] == "key:tests.note_keyed:a/b é"
    assert body["links"]["self"] == path
    assert steward.get(path).status_code == 200


def test_a_long_key_is_stored_as_jobs_ask_for_it(steward: APIClient) -> None:
    path = f"/limits/key:tests.note_keyed:{'k' * 500}"
    response = steward.put(path, {"max_concurrency": 1})
    assert response.status_code == 200, response.content
    stored = response.json()["name"]
    limit_book.forget()
    job = make_job(type="tests.note_keyed", payload={"text": "k" * 500})
    assert Job.objects.get(id=job.id).limits == [stored]
    limits_repair()
    assert steward.get(path).json()["slots_in_use"] == 1


def test_pages_go_by_name(steward: APIClient) -> None:
    for queue in ("emails", "bulk", "default"):
        steward.put(f"/limits/queue:{queue}", {"max_concurrency": 1})

    first = steward.get("/limits", {"limit": 2})

    assert names(first) == ["queue:bulk", "queue:default"]
    second = steward.get(first.json()["next"])
    assert names(second) == ["queue:emails"]
    assert second.json()["next"] is None
    for cursor in ("é", "AA==", "gICA"):  # no ASCII, U+0000, no UTF-8
        problem(steward.get("/limits", {"cursor": cursor}), 400, "invalid")


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"max_concurrency": 0}, "/max_concurrency", "A concurrency of 0 makes no sense"),
        ({"max_concurrency": -1}, "/max_concurrency", "pause the queue to run nothing"),
        ({"max_concurrency": 10**9}, "/max_concurrency", "choose 1 to 100,000"),
        ({"max_concurrency": "5"}, "/max_concurrency", "Give a whole number"),
        ({"rate": "fast"}, "/rate", "'fast' is not a rate; write for example '100/m'"),
        ({"rate": "0/m"}, "/rate", "write for example '100/m'"),
        ({"rate": "1/400d"}, "/rate", "in a year"),
        ({"rate": 100}, "/rate", ""),
        ({"rate": "100/m", "burst": 0}, "/burst", "The burst is 0"),
        ({"burst": 5, "max_concurrency": 1}, "/burst", "A burst needs a rate"),
        ({"is_fair": "yes"}, "/is_fair", ""),
        ({"max_concurency": 5}, "/max_concurency", ""),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_where_it_stands(
    steward: APIClient, body: dict[str, Any], pointer: str, said: str
) -> None:
    [error] = problem(steward.put(PATH, body), 400, "invalid")["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("queue:bulk", {}, "A limit needs max_concurrency, a rate such as '100/m', or both"),
        ("bulk", {"max_concurrency": 1}, "'bulk' is no limit; name a queue, type or key"),
        ("user:ann", {"max_concurrency": 1}, "'user:ann' is no limit"),
        ("key:tests.note_keyed", {"max_concurrency": 1}, "is no limit"),
        ("type:tests.note", {"is_fair": True}, "Only a queue can be fair"),
        ("type:tests.note_keyed", {"max_concurrency": 1}, "are limited by key"),
        ("key:tests.note:k", {"max_concurrency": 1}, "have no key"),
    ],
)
def test_a_limit_under_which_nothing_would_come_is_refused(
    steward: APIClient, name: str, body: dict[str, Any], said: str
) -> None:
    response = steward.put(f"/limits/{name}", body)
    assert said in problem(response, 400, "invalid_limit")["errors"][0]["detail"]
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("queue:nowhere", "known queues: default, emails, bulk"),
        ("type:nothing", "'nothing'"),
        ("key:nothing:k", "'nothing'"),
    ],
)
def test_an_unknown_queue_or_type_is_a_404(steward: APIClient, name: str, said: str) -> None:
    response = steward.put(f"/limits/{name}", {"max_concurrency": 1})
    assert said in problem(response, 404, "not_found")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("get", "/limits", "jobs.view_limit"),
        ("get", PATH, "jobs.view_limit"),
        ("put", PATH, "jobs.change_limit"),
        ("delete", PATH, "jobs.delete_limit"),
    ],
)
def test_each_call_takes_a_permission(
    api: APIClient, user: User, method: str, path: str, permission: str
) -> None:
    response = getattr(api, method)(path)
    assert permission in problem(response, 403, "permission_denied")["detail"]
