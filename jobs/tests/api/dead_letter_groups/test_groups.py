"""`GET /failedJobs/groups`, and a replay with another payload."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.models import Job
from jobs.services.dead_letter_groups import group_mute
from jobs.tests.api.conftest import MakeDeadLetter, client_of
from jobs.tests.factories import allow

pytestmark = pytest.mark.django_db


def test_staff_see_all_groups_and_clients_their_own(
    api: APIClient, user: User, staff_api: APIClient, make_dead_letter: MakeDeadLetter
) -> None:
    for submitted_by in (user.pk, None, None):
        make_dead_letter(submitted_by_id=submitted_by)
    other = make_dead_letter(type="tests.note_once")

    body = staff_api.get("/failedJobs/groups").json()
    assert (body["total"], body["is_capped"], body["next"]) == (2, False, None)
    [note, once] = body["results"]
    assert (note["count"], note["type"], sum(note["trend"])) == (3, "tests.note", 3)
    assert (note["clients"], note["client_names"]) == (1, [user.username])
    assert note["error"] == "PermanentError: no such mailbox"
    assert (once["fingerprint"], once["clients"]) == (other.fingerprint, 0)
    listed = staff_api.get(note["links"]["failed_jobs"]).json()["results"]
    assert len(listed) == 3

    [own] = api.get("/failedJobs/groups").json()["results"]
    assert (own["count"], sum(own["trend"]), own["client_names"]) == (1, 1, [user.username])


def test_pages_orders_and_filters(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    first = make_dead_letter()
    make_dead_letter(type="tests.note_once")
    page = staff_api.get("/failedJobs/groups?limit=1&order=last_seen").json()
    assert page["results"][0]["type"] == "tests.note_once"
    assert staff_api.get(page["next"]).json()["results"][0]["type"] == "tests.note"
    assert staff_api.get("/failedJobs/groups?type=tests.note").json()["total"] == 1
    group_mute(fingerprint=first.fingerprint, growth=10)
    [muted] = staff_api.get("/failedJobs/groups?muted=true").json()["results"]
    assert (muted["muted"], muted["muted_until"]) == (True, 11)
    assert staff_api.get("/failedJobs/groups?muted=false").json()["total"] == 1
    assert staff_api.get("/failedJobs/groups?assigned_to=ann").json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("order=size", "/order"), ("cursor=x", "/cursor"), ("type=tests.noot", "/type")],
)
def test_what_makes_no_sense_is_refused(staff_api: APIClient, query: str, pointer: str) -> None:
    response = staff_api.get(f"/failedJobs/groups?{query}")
    assert response.status_code == 400
    assert pointers(response.json()) == {pointer}


def test_a_replay_with_another_payload(
    user: User, staff: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk, payload={"text": "a", "secret": "hunter2"})
    path = f"/failedJobs/{letter.pk}/replay"
    body = {"payload": {"text": "b", "secret": "********"}, "reason": "a typing error"}
    operator = client_of(allow(staff, "replay_deadletter"))
    assert (
        "jobs.change_job" in problem(operator.post(path, body), 403, "permission_denied")["detail"]
    )

    owner = client_of(allow(user, "replay_deadletter"))
    refused = problem(owner.post(path, {"payload": {"txet": "b"}}), 400, "invalid_payload")
    assert "/payload/txet" in pointers(refused)
    assert owner.post(path, body).status_code == 202
    job = Job.objects.get()
    assert (job.payload["text"], job.payload["secret"]) == ("b", "hunter2")
    assert job.replay_of == letter.pk


def test_one_dead_letter_says_what_to_look_for(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    payload = {"email": "ann@example.com"}
    letter = make_dead_letter(type="send_welcome_email", payload=payload, submitted_by_id=user.pk)
    body = api.get(f"/failedJobs/{letter.pk}").json()
    assert body["effect_may_have_happened"] is False
    assert str(letter.job_id) in body["look_for"]["Message-ID"]
