"""Staff delete users: their rows are detached before the transaction of the deletion begins."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.users import user_delete
from jobs.models import Job, MailAllowance
from jobs.services import clients as clients_module
from jobs.services.batches import batch_create
from jobs.services.saved_views import saved_view_save
from jobs.tests.factories import allow, make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def detached(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Which users were detached, and whether that was in a transaction."""
    calls: list[tuple[int, bool]] = []
    detach = clients_module.client_detach

    def note(*, user_id: Any) -> int:
        calls.append((user_id, connection.in_atomic_block))
        return detach(user_id=user_id)

    monkeypatch.setattr(clients_module, "client_detach", note)
    return calls


@pytest.fixture
def leaving() -> User:
    user = make_user()
    make_job(submitted_by_id=user.id)
    return user


def staff(**fields: Any) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, **fields))
    return client


def test_on_the_page_of_a_user(leaving: User, detached: list[tuple[int, bool]]) -> None:
    path = reverse("admin:accounts_user_delete", args=[leaving.pk])
    client = staff(is_superuser=True)
    assert client.get(path).status_code == 200
    assert detached == [], "only a confirmation changes anything"
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert detached == [(leaving.pk, False)]
    assert Job.objects.filter(submitted_by=None).count() == 1
    assert not User.objects.filter(pk=leaving.pk).exists()


def test_by_the_action_of_the_list(leaving: User, detached: list[tuple[int, bool]]) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [leaving.pk], "post": "yes"}
    response = staff(is_superuser=True).post(reverse("admin:accounts_user_changelist"), chosen)
    assert response.status_code == 302
    assert detached == [(leaving.pk, False)]
    assert not User.objects.filter(pk=leaving.pk).exists()


@pytest.mark.parametrize("made", ["mail_allowance", "saved_view"])
def test_what_belongs_to_the_user_leaves_with_it(made: str, leaving: User) -> None:
    """Nobody may delete these by themselves, and they keep nobody from deleting the user."""
    if made == "mail_allowance":
        row: Model = MailAllowance.objects.create(client=leaving, used=1, counted_at=Now())
    else:
        row = saved_view_save(owner_id=leaving.pk, page="job", name="mine", query="")
    client = Client()
    client.force_login(allow(make_user(is_staff=True), "view_user", "delete_user", "view_job"))
    its_own_page = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_delete", args=[row.pk])
    assert client.post(its_own_page, {"post": "yes"}).status_code in (302, 403)
    row.refresh_from_db()
    path = reverse("admin:accounts_user_delete", args=[leaving.pk])
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=leaving.pk).exists()
    assert not type(row)._default_manager.filter(pk=row.pk).exists()


def test_who_may_not_delete_users_detaches_nothing(
    leaving: User, detached: list[tuple[int, bool]]
) -> None:
    client = Client()
    client.force_login(allow(make_user(is_staff=True), "view_user"))
    path = reverse("admin:accounts_user_delete", args=[leaving.pk])
    assert client.post(path, {"post": "yes"}).status_code == 403
    assert detached == []
    assert Job.objects.filter(submitted_by=leaving).exists()


def test_what_it_leaves_says_so(leaving: User) -> None:
    batch = batch_create(submitted_by_id=leaving.pk)
    user_delete(user=leaving)
    [job] = Job.objects.all()
    client = staff(is_superuser=True)
    for path in (
        reverse("admin:jobs_job_change", args=[job.pk]),
        reverse("admin:jobs_batch_change", args=[batch.pk]),
    ):
        assert "a deleted account" in client.get(path).content.decode(), path
