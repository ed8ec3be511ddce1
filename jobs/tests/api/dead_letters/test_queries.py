"""The query parameters of `GET /failedJobs`."""

from datetime import timedelta

import pytest
from django.db.models import F
from rest_framework.test import APIClient

from accounts.tests.problem import pointers, problem
from jobs.core.states import Resolution
from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.tests.api.conftest import MakeDeadLetter
from jobs.tests.api.dead_letters.failed_jobs import ids

pytestmark = pytest.mark.django_db


def test_filters_by_type_and_queue(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    in_bulk = str(make_dead_letter(queue="bulk").pk)
    once = str(make_dead_letter(type="tests.note_once").pk)

    assert ids(staff_api, "?queue=bulk") == [in_bulk]
    assert ids(staff_api, "?type=tests.note_once") == [once]
    assert ids(staff_api, "?type=tests.note_once&queue=bulk") == []


def test_filter_by_time(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    old, new = make_dead_letter(), make_dead_letter()
    DeadLetter.objects.filter(pk=old.pk).update(created_at=F("created_at") - timedelta(minutes=5))
    since = (new.created_at - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert ids(staff_api, f"?since={since}") == [str(new.pk)]
    assert len(ids(staff_api, "?since=0001-01-01T00:00:00Z")) == 2
    assert ids(staff_api, "?since=9999-12-31T00:00:00Z") == []


def test_filter_by_resolution(staff_api: APIClient, make_dead_letter: MakeDeadLetter) -> None:
    waiting, replayed, discarded, settled = (make_dead_letter() for _ in range(4))
    dead_letter_replay(dead_letter_id=replayed.pk, resolved_by_id=None)
    dead_letter_discard(dead_letter_id=discarded.pk, resolved_by_id=None)
    DeadLetter.objects.filter(pk=settled.pk).update(
        resolution=Resolution.SETTLED, resolved_at=F("created_at")
    )

    assert ids(staff_api) == ids(staff_api, "?resolution=waiting") == [str(waiting.pk)]
    assert ids(staff_api, "?resolution=replayed") == [str(replayed.pk)]
    assert ids(staff_api, "?resolution=discarded") == [str(discarded.pk)]
    assert ids(staff_api, "?resolution=settled") == [str(settled.pk)]
    assert len(ids(staff_api, "?resolution=any")) == 4


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/limit", "min_value"),
        ("limit=201", "/limit", "max_value"),
        ("limit=many", "/limit", "invalid"),
        ("since=2026-01-01", "/since", "no_time_zone"),
        ("since=yesterday", "/since", "invalid"),
        ("since=0001-01-01T00:00:00%2B14:00", "/since", "overflow"),
        ("resolution=lost", "/resolution", "unknown"),
        ("type=", "/type", "blank"),
        ("type=%00", "/type", "null_characters_not_allowed"),
        ("page=2", "/page", "unknown_field"),
        ("state=dead", "/state", "unknown_field"),
        ("cursor=nope", "/cursor", "bad_cursor"),
        ("cursor=%F0%9F%9A%80", "/cursor", "bad_cursor"),
        ("cursor=" + "A" * 23, "/cursor", "bad_cursor"),
    ],
)
def test_bad_queries(staff_api: APIClient, query: str, pointer: str, code: str) -> None:
    body = problem(staff_api.get(f"/failedJobs?{query}"), 400, "invalid")

    assert pointers(body) == {pointer}
    assert code in {error["code"] for error in body["errors"]}


def test_whoever_uses_a_former_name_is_told(staff_api: APIClient) -> None:
    """RFC 9745: since when, in seconds since 1970."""
    moment = "2026-01-01T00:00:00Z"

    assert staff_api.get(f"/failedJobs?since={moment}")["Deprecation"] == "@1795737600"
    assert "Deprecation" not in staff_api.get(f"/failedJobs?created_after={moment}")
