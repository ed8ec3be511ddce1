"""Expired sessions and refresh tokens go; those that are valid stay."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from jobs.services.maintenance import prune_logins
from jobs.services.maintenance.prune_logins import jobs_prune_logins

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune_logins._Place, "token_id", 0)


def session(hours: float) -> Session:
    """It ends in that many hours."""
    key = f"key{Session.objects.count()}"
    end = timezone.now() + timedelta(hours=hours)
    return Session.objects.create(session_key=key, session_data="", expire_date=end)


def token(hours: float, blacklisted: bool = False) -> OutstandingToken:
    made = OutstandingToken.objects.create(
        jti=f"jti{OutstandingToken.objects.count()}",
        token="x" * 500,
        expires_at=timezone.now() + timedelta(hours=hours),
    )
    if blacklisted:
        BlacklistedToken.objects.create(token=made)
    return made


def test_expired_sessions_go() -> None:
    session(-1)
    valid = session(1)
    assert jobs_prune_logins().count == 1
    assert list(Session.objects.all()) == [valid]


def test_expired_tokens_go_with_their_entries_in_the_blacklist() -> None:
    token(-1)
    token(-1, blacklisted=True)
    valid = [token(1), token(1, blacklisted=True)]
    assert jobs_prune_logins().count == 2
    assert list(OutstandingToken.objects.order_by("id")) == valid
    assert BlacklistedToken.objects.get().token_id == valid[1].id


def test_no_token_is_loaded() -> None:
    token(-1, blacklisted=True)
    with CaptureQueriesContext(connection) as queries:
        jobs_prune_logins()
    assert not [
        one for one in queries if '"token_blacklist_outstandingtoken"."token"' in one["sql"]
    ]


def test_a_round_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune_logins, "PRUNE_LIMIT", 2)
    for _ in range(5):
        session(-1)
        token(-1)
    rounds = [jobs_prune_logins() for _ in range(3)]
    assert [(one.count, one.is_full) for one in rounds] == [(4, True), (4, True), (2, False)]


def test_tokens_behind_many_that_are_valid_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their lifetime was shortened: older ones live longer."""
    monkeypatch.setattr(prune_logins, "WINDOW", 2)
    for hours in (9, 9, 9, -1, 9):
        token(hours)
    assert sum(jobs_prune_logins().count for _ in range(3)) == 1
    later = OutstandingToken.objects.order_by("id").first()
    assert later is not None
    OutstandingToken.objects.filter(id=later.id).update(expires_at=timezone.now())
    assert sum(jobs_prune_logins().count for _ in range(3)) == 1


def test_a_project_without_these_apps_has_nothing_to_prune(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session(-1)
    monkeypatch.setattr(apps, "is_installed", lambda name: False)
    assert jobs_prune_logins().count == 0
