"""`/redrives`: started, shown, paused, resumed and cancelled over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.models import Event, Redrive
from jobs.services.dead_letters import dead_letter_discard
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.factories import allow, make_user
from jobs.tests.services.redrives.redriving import go_on

pytestmark = pytest.mark.django_db

ID = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def replayer(db: None) -> User:
    """May replay what it sees, which is its own."""
    return allow(make_user(username="ann"), "replay_deadletter")


@pytest.fixture
def replayer_api(replayer: User) -> APIClient:
    return client_of(replayer)


def begun(api: APIClient, **body: Any) -> dict[str, Any]:
    response = api.post("/redrives", {"rate": 1000, "all": True, **body})
    assert response.status_code == 202, response.content
    assert response["Location"] == response.json()["links"]["self"]
    redrive: dict[str, Any] = response.json()
    return redrive


def test_a_redrive_from_its_start_to_its_end(
    replayer_api: APIClient, replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    letters = [make_dead_letter(submitted_by_id=replayer.pk) for _ in range(3)]
    make_dead_letter()
    body = begun(
        replayer_api,
        all=False,
        fingerprint=letters[0].fingerprint,
        rate=2,
        stop_at_percent=None,
        changes={"text": "b", "secret": "hunter2"},
        reason="mended",
    )
    assert (body["state"], body["total"], body["rate"]) == ("running", 3, 2.0)
    assert body["selection"]["fingerprint"] == letters[0].fingerprint
    assert body["changes"] == {"text": "b", "secret": "********"}
    assert (body["created_by"], body["reason"]) == ("ann", "mended")
    assert set(body["links"]) == {"self", "pause", "cancel"}

    path = body["links"]["self"]
    go_on(Redrive.objects.get())
    paused = replayer_api.post(body["links"]["pause"], {"reason": "look"}).json()
    assert (paused["state"], paused["state_reason"], paused["done"]) == ("paused", "look", 2)
    assert set(paused["links"]) == {"self", "resume", "cancel"}
    assert replayer_api.post(paused["links"]["resume"]).json()["state"] == "running"
    go_on(Redrive.objects.get())
    body = replayer_api.get(path).json()
    assert (body["state"], body["replayed"], body["pending"]) == ("completed", 3, 3)
    assert set(body["links"]) == {"self"}
    problem(replayer_api.post(f"{path}/cancel"), 409, "redrive_ended")

    shown = replayer_api.get(f"/failedJobs/{letters[0].pk}").json()
    assert (shown["redrive"], shown["links"]["redrive"]) == (body["id"], path)
    job = replayer_api.get(shown["links"]["job"]).json()
    assert (job["replay_of"], job["payload"]["text"]) == (str(letters[0].pk), "b")
    assert job["links"]["replay_of"] == shown["links"]["self"]
    [listed] = replayer_api.get("/redrives?state=completed").json()["results"]
    assert listed == body
    assert replayer_api.get("/redrives?state=paused").json()["results"] == []
    actions = [one.action for one in Event.objects.about("redrive", body["id"])]
    assert actions == [
        "redrive.completed",
        "redrive.resumed",
        "redrive.paused",
        "redrive.started",
    ]


def test_a_redrive_is_cancelled(
    replayer_api: APIClient, replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter(submitted_by_id=replayer.pk)
    body = begun(replayer_api)
    ended = replayer_api.post(body["links"]["cancel"]).json()
    assert (ended["state"], ended["links"]) == ("cancelled", {"self": body["links"]["self"]})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/all"),
        ({"all": True, "type": "tests.note"}, "/all"),
        ({"all": True, "rate": 0}, "/rate"),
        ({"all": True, "rate": "fast"}, "/rate"),
        ({"all": True, "stop_at_percent": 0}, "/stop_at_percent"),
        ({"all": True, "changes": []}, "/changes"),
        ({"ids": []}, "/ids"),
        ({"ids": ["one"]}, "/ids/0"),
        ({"death_reason": "bad"}, "/death_reason"),
        ({"type": "tests.noot"}, "/type"),
        ({"queue": "nowhere"}, "/queue"),
        ({"sleep": 1}, "/sleep"),
    ],
)
def test_what_makes_no_sense_is_refused(
    replayer_api: APIClient, body: dict[str, Any], pointer: str
) -> None:
    response = replayer_api.post("/redrives", body)
    assert response.status_code == 400, response.content
    assert pointers(response.json()) == {pointer}
    assert not Redrive.objects.exists()


def test_nothing_to_replay_is_said(
    replayer_api: APIClient, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter()
    for asked in (
        {"all": True},
        {"ids": [ID], "created_after": "0001-01-01T00:00:00Z"},
        {"ids": [ID], "created_before": "0001-01-01T00:00:00Z"},
        {"ids": [ID], "created_before": "9999-12-31T23:59:59Z"},
    ):
        problem(replayer_api.post("/redrives", asked), 409, "nothing_selected")


def test_who_may_what(
    api: APIClient, staff: User, replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter(submitted_by_id=replayer.pk)
    make_dead_letter()
    refused = problem(api.post("/redrives", {"all": True}), 403, "permission_denied")
    assert "jobs.replay_deadletter" in refused["detail"]

    own = begun(client_of(replayer))
    assert own["total"] == 1
    assert api.get("/redrives").json()["results"] == []
    problem(api.get(own["links"]["self"]), 404, "not_found")
    problem(client_of(staff).get(own["links"]["self"]), 404, "not_found")

    operator = client_of(allow(staff, "replay_deadletter", "view_redrive"))
    assert begun(operator)["total"] == 2
    assert len(operator.get("/redrives").json()["results"]) == 2
    assert operator.post(own["links"]["pause"]).status_code == 200
    body = {"all": True, "changes": {"text": "b"}}
    assert (
        "jobs.change_job"
        in problem(operator.post("/redrives", body), 403, "permission_denied")["detail"]
    )
    operator = client_of(allow(staff, "change_job"))
    assert operator.post("/redrives", body).status_code == 202


def test_it_is_not_told_which_accounts_there_are(
    api: APIClient, staff: User, user: User, replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter(submitted_by_id=replayer.pk)
    for name in (user.username, "nobody"):
        answer = client_of(replayer).post("/redrives", {"submitted_by": name})
        assert "jobs.view_deadletter" in problem(answer, 403, "permission_denied")["detail"]
    assert begun(client_of(replayer), all=False, submitted_by=replayer.username)["total"] == 1
    operator = client_of(allow(staff, "replay_deadletter"))
    unknown = problem(operator.post("/redrives", {"submitted_by": "nobody"}), 400, "invalid")
    assert pointers(unknown) == {"/submitted_by"}


def test_one_that_is_not_there_is_not_found(replayer_api: APIClient) -> None:
    problem(replayer_api.get(f"/redrives/{ID}"), 404, "not_found")
    for decision in ("pause", "resume", "cancel"):
        problem(replayer_api.post(f"/redrives/{ID}/{decision}"), 404, "not_found")


def test_who_resumes_one_sees_what_it_goes_on_with(
    replayer_api: APIClient, replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    """Whoever has started it, and whatever that account saw then."""
    allow(replayer, "view_deadletter")
    other = make_dead_letter(submitted_by_id=make_user(username="bob").pk)
    make_dead_letter(submitted_by_id=replayer.pk)
    links = replayer_api.post(begun(replayer_api)["links"]["pause"]).json()["links"]
    replayer.user_permissions.remove(Permission.objects.get(codename="view_deadletter"))

    for account in (replayer, allow(make_user(), "view_redrive", "replay_deadletter")):
        problem(client_of(account).post(links["resume"]), 403, "permission_denied")
    assert Redrive.objects.get().state == "paused"

    dead_letter_discard(dead_letter_id=other.pk, resolved_by_id=None)
    assert replayer_api.post(links["resume"]).json()["state"] == "running"


def test_who_resumes_one_may_change_what_it_changes(
    replayer: User, make_dead_letter: MakeDeadLetter
) -> None:
    make_dead_letter(submitted_by_id=replayer.pk)
    api = client_of(allow(make_user(), "view_redrive", "view_deadletter", "replay_deadletter"))
    started = begun(client_of(replayer), changes={"text": "b"})
    resume = api.post(started["links"]["pause"]).json()["links"]["resume"]

    problem(api.post(resume), 403, "permission_denied")
    assert client_of(replayer).post(resume).json()["state"] == "running"
