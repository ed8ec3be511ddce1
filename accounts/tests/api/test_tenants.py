"""Accounts of one tenant see each other's jobs, and may do no more with them than before."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Tenant, User
from accounts.tests.problem import problem
from accounts.tokens import AccessToken

pytestmark = pytest.mark.django_db

NOTE = {"type": "tests.note", "payload": {"text": "a", "secret": "hunter2"}}


def client_of(user: User) -> APIClient:
    token = AccessToken.for_user(user)
    made = APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {token}")
    made.default_format = "json"
    return made


@pytest.fixture
def team(db: None) -> Tenant:
    return Tenant.objects.create(name="team")


@pytest.fixture
def rose(team: Tenant) -> User:
    return User.objects.create_user("rose", tenant=team)


@pytest.fixture
def iris(team: Tenant) -> User:
    return User.objects.create_user("iris", tenant=team)


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("ann", tenant=Tenant.objects.create(name="others"))


def ids(api: APIClient, path: str = "/jobs") -> set[str]:
    return {one["id"] for one in api.get(path).json()["results"]}


def test_a_tenant_s_accounts_see_each_other_s_jobs(rose: User, iris: User, stranger: User) -> None:
    lonely = User.objects.create_user("lily")
    jobs = {
        user.username: client_of(user).post("/addJob", NOTE).json()["id"]
        for user in (rose, iris, stranger, lonely)
    }

    assert ids(client_of(rose)) == ids(client_of(iris)) == {jobs["rose"], jobs["iris"]}
    assert ids(client_of(stranger)) == {jobs["ann"]}
    assert ids(client_of(lonely)) == {jobs["lily"]}
    shown = client_of(iris).get(f"/jobs/{jobs['rose']}")
    assert shown.json()["submitted_by"] == "rose"
    assert "hunter2" not in shown.content.decode()
    problem(client_of(stranger).get(f"/jobs/{jobs['rose']}"), 404, "not_found")


@pytest.mark.parametrize("path", ["/jobs", "/failedJobs"])
def test_a_list_is_narrowed_to_an_account_of_one_s_tenant(
    rose: User, iris: User, stranger: User, path: str
) -> None:
    job = client_of(iris).post("/addJob", NOTE).json()["id"]
    client_of(rose).post("/addJob", NOTE)

    found = ids(client_of(rose), f"{path}?submitted_by=iris")
    assert found == ({job} if path == "/jobs" else set())
    # It is not told which names there are.
    for name in (stranger.username, "nobody"):
        answer = client_of(rose).get(f"{path}?submitted_by={name}")
        problem(answer, 403, "permission_denied")


def test_to_cancel_and_edit_takes_a_permission_as_ever(rose: User, iris: User) -> None:
    path = client_of(rose).post("/addJob", NOTE | {"delay": 60})["Location"]

    problem(client_of(iris).post(f"{path}/cancel", {}), 403, "permission_denied")
    problem(client_of(iris).patch(path, {"priority": 9}), 403, "permission_denied")
    iris.user_permissions.add(Permission.objects.get(codename="cancel_job"))
    assert client_of(iris).post(f"{path}/cancel", {}).status_code == 202


def test_keys_are_the_account_s_not_the_tenant_s(rose: User, iris: User) -> None:
    keyed = NOTE | {"idempotency_key": "a"}

    answers = [client_of(user).post("/addJob", keyed) for user in (rose, iris, rose)]

    assert [one.status_code for one in answers] == [202, 202, 200]


def test_an_account_that_leaves_sees_its_own_alone(rose: User, iris: User) -> None:
    for user in (rose, iris):
        client_of(user).post("/addJob", NOTE)
    api = client_of(iris)
    assert len(ids(api)) == 2

    iris.tenant = None
    iris.save()

    assert len(ids(api)) == 1


def test_a_tenant_that_is_deleted_leaves_its_accounts(rose: User, team: Tenant) -> None:
    team.delete()
    rose.refresh_from_db()

    assert rose.tenant is None
    assert ids(client_of(rose)) == set()


def test_without_a_tenant_a_list_costs_no_statement_more(db: None, rose: User) -> None:
    def statements(user: User) -> int:
        api = client_of(user)
        api.get("/jobs")
        with CaptureQueriesContext(connection) as queries:
            api.get("/jobs")
        return len(queries)

    assert statements(rose) == statements(User.objects.create_user("lily")) + 1


def test_staff_put_an_account_into_a_tenant(team: Tenant) -> None:
    admin = Client()
    admin.force_login(User.objects.create_superuser("root"))
    assert admin.post("/admin/accounts/tenant/add/", {"name": "customers"}).status_code == 302
    page = admin.get("/admin/accounts/tenant/").content.decode()
    assert "customers" in page
    user = User.objects.create_user("rose")

    fields: dict[str, Any] = {
        "username": "rose",
        "is_active": "on",
        "tenant": team.pk,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    saved = admin.post(f"/admin/accounts/user/{user.pk}/change/", fields)

    assert saved.status_code == 302, saved.content.decode()[:2000]
    user.refresh_from_db()
    assert user.tenant == team
