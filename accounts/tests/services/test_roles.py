"""What viewers, operators and administrators may do."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.services.roles import ADMINISTRATOR, OPERATOR, ROLES, VIEWER, roles_write
from jobs.tests.factories import make_job
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def written() -> None:
    roles_write()


def member(role: str) -> User:
    user = User.objects.create_user(username=f"one-{role}", password=None, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


def browser(role: str) -> Client:
    client = Client()
    client.force_login(member(role))
    return client


def permissions(role: str) -> set[str]:
    return {
        f"{one.content_type.app_label}.{one.codename}"
        for one in Group.objects.get(name=role).permissions.select_related("content_type")
    }


def test_each_role_may_do_what_the_one_before_may_and_more() -> None:
    assert permissions(VIEWER) < permissions(OPERATOR) < permissions(ADMINISTRATOR)


def test_a_viewer_sees_and_changes_nothing() -> None:
    assert {one.split(".")[1].split("_")[0] for one in permissions(VIEWER)} == {"view"}
    assert "jobs.view_deadletter" in permissions(VIEWER)
    assert "jobs.view_traceback" not in permissions(VIEWER)


def test_an_operator_decides_and_administers_nothing() -> None:
    may = permissions(OPERATOR)
    assert may >= {
        *("jobs.replay_deadletter", "jobs.discard_deadletter", "jobs.cancel_job"),
        *("jobs.pause_queue", "jobs.run_schedule", "jobs.change_schedule", "jobs.view_traceback"),
    }
    assert not may & {"jobs.delete_job", "jobs.change_limit", "jobs.delete_schedule"}
    assert not [one for one in may if one.startswith("accounts.")]


def test_an_administrator_may_do_all_that_there_is_here() -> None:
    ours = Permission.objects.filter(content_type__app_label__in=["jobs", "accounts"])
    assert len(permissions(ADMINISTRATOR)) == ours.count()


def test_every_permission_that_is_no_view_and_not_standard_is_an_operators() -> None:
    """So a new feature comes with its right."""
    named = Permission.objects.filter(content_type__app_label="jobs").exclude(
        codename__regex="^(add|change|delete|view)_"
    )
    assert named.count() >= 5
    # These show secrets, and let an effect happen again.
    for_administrators = {"jobs.reveal_payload", "jobs.release_processedkey"}
    assert {f"jobs.{one.codename}" for one in named} - permissions(OPERATOR) == for_administrators
    assert for_administrators <= permissions(ADMINISTRATOR)


@pytest.mark.django_db(transaction=True)
def test_the_next_migrate_writes_them_anew() -> None:
    group = Group.objects.get(name=VIEWER)
    group.permissions.clear()
    Group.objects.get(name=OPERATOR).permissions.add(
        Permission.objects.get(codename="delete_user", content_type__app_label="accounts")
    )
    user = member(VIEWER)
    call_command("migrate", verbosity=0)
    assert "jobs.view_job" in permissions(VIEWER)
    assert "accounts.delete_user" not in permissions(OPERATOR)
    assert list(user.groups.all()) == [group]


@pytest.mark.parametrize("role", ROLES)
def test_all_of_them_open_the_lists_of_the_admin(role: str) -> None:
    staff = browser(role)
    for model in ("job", "deadletter", "queue", "schedule", "worker", "limit", "processedkey"):
        assert staff.get(f"/admin/jobs/{model}/").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("role", "replays"), [(VIEWER, False), (OPERATOR, True)])
def test_a_viewer_is_denied_what_an_operator_does(role: str, replays: bool) -> None:
    letter = die(make_job())
    browser(role).post(
        "/admin/jobs/deadletter/",
        {"action": "replay_selected", "_selected_action": str(letter.pk), "confirmed": "yes"},
    )
    letter.refresh_from_db()
    assert bool(letter.resolution) == replays


@pytest.mark.parametrize(("role", "status"), [(OPERATOR, 403), (ADMINISTRATOR, 200)])
def test_accounts_are_the_administrators(role: str, status: int) -> None:
    assert browser(role).get("/admin/accounts/user/").status_code == status
