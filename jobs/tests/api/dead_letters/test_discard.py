"""`POST /failedJobs/<id>/discard` and `/failedJobs/groups/discard`: who may, and what follows."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.problem import pointers, problem
from jobs.core.states import JobState
from jobs.models import DeadLetter, Event, Job
from jobs.sql.statements import database_now
from jobs.tests.api.conftest import MakeDeadLetter
from jobs.tests.factories import allow, make_user

pytestmark = pytest.mark.django_db

GROUP = "/failedJobs/groups/discard"


def test_one_is_put_aside_once(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow(user, "discard_deadletter")
    letter = make_dead_letter(submitted_by_id=user.pk)
    path = api.get(f"/failedJobs/{letter.pk}").json()["links"]["discard"]
    response = api.post(path, {"reason": "cancelled"})
    assert (response.status_code, response.json()["resolution"]) == (200, "discarded")
    assert Job.objects.get(pk=letter.job_id).state == JobState.DEAD
    assert Event.objects.about("dead_letter", letter.pk).get().reason == "cancelled"
    problem(api.post(path), 409, "already_resolved")


def test_a_group_is_put_aside_as_far_as_the_client_sees_it(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    allow(user, "discard_deadletter")
    own, other = make_dead_letter(submitted_by_id=user.pk), make_dead_letter()
    said = {"fingerprint": own.fingerprint, "reason": "closed"}
    before = {"created_before": "2020-01-01T00:00:00Z"}
    assert api.post(GROUP, said | before).json() == {
        "fingerprint": own.fingerprint,
        "discarded": 0,
        "left": 0,
    }
    now = {"created_before": database_now().isoformat()}
    assert api.post(GROUP, said | now).json()["discarded"] == 1
    assert set(DeadLetter.objects.waiting()) == {other}
    [event] = Event.objects.about("dead_letter_group", own.fingerprint)
    assert (event.actor_name, event.reason) == (user.username, "closed")
    allow(user, "view_deadletter")
    assert api.post(GROUP, said).json()["discarded"] == 1


def test_it_takes_a_permission_a_reason_and_a_group(
    api: APIClient, user: User, make_dead_letter: MakeDeadLetter
) -> None:
    letter = make_dead_letter(submitted_by_id=user.pk)
    said = {"fingerprint": letter.fingerprint, "reason": "closed"}
    for path, body in ((f"/failedJobs/{letter.pk}/discard", {}), (GROUP, said)):
        refused = problem(api.post(path, body), 403, "permission_denied")
        assert "jobs.discard_deadletter" in refused["detail"]
    allow(user, "discard_deadletter")
    response = api.post(GROUP, {"fingerprint": letter.fingerprint})
    assert (response.status_code, pointers(response.json())) == (400, {"/reason"})
    problem(api.post(GROUP, {**said, "fingerprint": "0" * 16}), 404, "not_found")
    others = make_dead_letter(type="tests.note_once", submitted_by_id=make_user().pk)
    problem(api.post(GROUP, {**said, "fingerprint": others.fingerprint}), 404, "not_found")
    problem(api.post(f"/failedJobs/{others.pk}/discard"), 404, "not_found")
    assert DeadLetter.objects.waiting().count() == 2
