"""Log-ins, refusals, the ends of sessions and changes of rights are events."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import LoginSession, Tenant, User
from accounts.services.service_accounts import secret_create, service_account_create
from accounts.services.sessions import session_start
from accounts.tests.conftest import PASSWORD, Post

pytestmark = pytest.mark.django_db

RIGHT = {"username": "rose", "password": PASSWORD}
CHANGE = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}


def events() -> list[Any]:
    """Newest first."""
    return list(apps.get_model("jobs", "Event").objects.order_by("-id"))


def newest() -> Any:
    return events()[0]


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    return client


def test_a_log_in(post: Post, user: User) -> None:
    post("/login", RIGHT | {"scope": "jobs:read"}, HTTP_X_REQUEST_ID="req-7")

    event = newest()
    assert (event.action, event.subject_type) == ("account.logged_in", "account")
    assert (event.subject_id, event.actor_name) == (str(user.pk), "rose")
    session = str(LoginSession.objects.get().pk)
    assert event.after == {"session": session, "scope": "jobs:read"}
    assert event.request_id == "req-7"


def test_a_log_in_that_is_refused(post: Post, user: User) -> None:
    post("/login", RIGHT | {"password": "hunter-hunter"}, "10.3.0.1")
    known = newest()
    post("/login", {"username": "typed-a-secret", "password": "hunter-hunter"}, "10.3.0.1")
    unknown = newest()

    for event, subject in ((known, str(user.pk)), (unknown, "")):
        assert (event.action, event.subject_id) == ("account.login_refused", subject)
        assert (event.after, event.actor_name) == ({"address": "10.3.0.1"}, "")
    everything = str([vars(one) for one in events()])
    assert "hunter" not in everything
    assert "typed-a-secret" not in everything


def test_a_log_in_at_the_admin_that_is_refused(user: User) -> None:
    Client().post("/admin/login/", {"username": "rose", "password": "hunter-hunter"})

    assert (newest().action, newest().subject_id) == ("account.login_refused", str(user.pk))


def test_the_ends_of_sessions(post: Post, user: User) -> None:
    first, second = (str(session_start(user=user).refresh) for _ in range(2))
    post("/logout", {"refresh": first})
    assert newest().action == "account.logged_out"

    for _ in range(2):
        post("/refreshToken", {"refresh": second})
    event = newest()
    assert (event.action, event.subject_type) == ("session.ended", "session")
    assert event.after == {"account": str(user.pk)}
    assert "two hands" in event.reason

    access = session_start(user=user).access
    APIClient(HTTP_AUTHORIZATION=f"Bearer {access}").post("/logoutEverywhere")
    assert (newest().action, newest().actor_name) == ("account.logged_out_everywhere", "rose")


def test_staff_who_log_a_user_out(admin: Client, user: User) -> None:
    fields = {"action": "log_out_everywhere", "_selected_action": str(user.pk), "confirmed": "yes"}
    admin.post("/admin/accounts/user/", fields)

    assert (newest().subject_id, newest().actor_name) == (str(user.pk), "root")


def test_a_change_of_rights(admin: Client, user: User) -> None:
    group = Group.objects.create(name="operators")
    permission = Permission.objects.get(codename="pause_queue")
    fields = {"username": "rose", "is_active": "on", "is_staff": "on", **CHANGE}
    fields |= {"groups": str(group.pk), "user_permissions": str(permission.pk)}

    assert admin.post(f"/admin/accounts/user/{user.pk}/change/", fields).status_code == 302

    event = newest()
    assert (event.action, event.actor_name) == ("account.rights_changed", "root")
    assert event.before == {"is_staff": False, "groups": [], "permissions": []}
    assert event.after == {
        "is_staff": True,
        "groups": ["operators"],
        "permissions": ["jobs.pause_queue"],
    }
    count = len(events())
    admin.post(f"/admin/accounts/user/{user.pk}/change/", fields | {"first_name": "R"})
    assert len(events()) == count  # no right has changed


def test_a_change_of_a_group(admin: Client) -> None:
    group = Group.objects.create(name="operators")
    permission = Permission.objects.get(codename="pause_queue")
    fields = {"name": "operators", "permissions": str(permission.pk)}

    assert admin.post(f"/admin/auth/group/{group.pk}/change/", fields).status_code == 302

    event = newest()
    assert (event.action, event.subject_type) == ("group.rights_changed", "group")
    assert event.after == {"permissions": ["jobs.pause_queue"]}


@pytest.mark.parametrize("selected", [False, True])
def test_what_gave_rights_is_deleted(admin: Client, user: User, selected: bool) -> None:
    group = Group.objects.create(name="operators")
    tenant = Tenant.objects.create(name="north")
    user.groups.add(group)
    User.objects.filter(pk=user.pk).update(tenant=tenant)
    members = {"member_count": 1, "members": ["rose"]}

    for path, one, before in (
        ("auth/group", group, {"name": "operators", "permissions": [], **members}),
        ("accounts/tenant", tenant, {"name": "north", **members}),
        ("accounts/user", user, None),
    ):
        fields = {"action": "delete_selected", "_selected_action": str(one.pk), "post": "yes"}
        page, sent = (
            (f"/admin/{path}/", fields)
            if selected
            else (f"/admin/{path}/{one.pk}/delete/", {"post": "yes"})
        )
        pk, kind = one.pk, "account" if one is user else path.split("/")[1]

        assert admin.post(page, sent).status_code == 302

        assert not type(one).objects.filter(pk=pk).exists()
        event = newest()
        assert (event.action, event.actor_name) == (f"{kind}.deleted", "root")
        assert (event.subject_type, event.subject_id) == (kind, str(pk))
        if before is not None:
            assert event.before == before
        else:
            assert event.before["is_active"] is True


def test_a_new_account_with_rights(admin: Client) -> None:
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    made = admin.post("/admin/accounts/user/add/", {"username": "iris", **passwords})
    assert made.status_code == 302

    assert (newest().action, newest().actor_name) == ("account.rights_changed", "root")
    assert newest().after["is_active"] is True


def test_service_accounts(admin: Client) -> None:
    account = service_account_create(name="billing", scopes=["jobs:read"])
    secret = secret_create(account=account)
    form = f"grant_type=client_credentials&client_id={account.client_id}&client_secret="
    for text in (secret.text, "wrong"):
        APIClient().post("/token", form + text, content_type="application/x-www-form-urlencoded")
    path = f"/admin/accounts/serviceaccount/{account.pk}"
    admin.post(f"{path}/change/", {"scopes": ["jobs:read", "jobs:write"], "is_active": "on"})
    admin.post(f"{path}/secrets/{secret.secret.pk}/revoke/")

    found = [one for one in reversed(events()) if one.subject_id == str(account.pk)]
    assert [one.action for one in found] == [
        "account.created",
        "account.secret_made",
        "account.got_token",
        "account.token_refused",
        "account.rights_changed",
        "account.secret_revoked",
    ]
    assert found[4].before == {"scopes": ["jobs:read"]}
    assert found[4].after == {"scopes": ["jobs:write", "jobs:read"]}
    assert [one.actor_name for one in found] == ["", "", "billing", "", "root", "root"]
    everything = str([vars(one) for one in events()])
    assert secret.text not in everything
    assert secret.secret.digest not in everything


def test_where_no_recorder_is_named_nothing_is_written(
    post: Post, user: User, settings: Any
) -> None:
    settings.EVENT_RECORDER = ""

    assert post("/login", RIGHT).status_code == 200
    assert events() == []


def test_events_of_accounts_are_in_the_admin(admin: Client, post: Post, user: User) -> None:
    post("/login", RIGHT)

    page = admin.get("/admin/jobs/event/?subject_type=account")

    assert page.status_code == 200
    assert "account.logged_in" in page.content.decode()
