"""Scopes: what a token may be used for, beside what its user may do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from accounts.scopes import SCOPES, counts, scope_text, scopes_open_to
from accounts.services.sessions import session_start
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import pointers, problem
from accounts.tokens import SCOPE_CLAIM, AccessToken, RefreshToken

pytestmark = pytest.mark.django_db

ROSE = {"username": "rose", "password": PASSWORD}
ID = "01890000-0000-7000-8000-000000000000"
FOR_EVERYONE = ("jobs:write", "jobs:read", "dlq:read")

CALLS = [
    ("post", "/addJob", "jobs:write"),
    ("post", "/addJobs", "jobs:write"),
    ("get", "/jobs", "jobs:read"),
    ("head", "/jobs", "jobs:read"),
    ("get", f"/jobs/{ID}", "jobs:read"),
    ("patch", f"/jobs/{ID}", "jobs:write"),
    ("post", f"/jobs/{ID}/cancel", "jobs:write"),
    ("get", "/failedJobs", "dlq:read"),
    ("get", f"/failedJobs/{ID}", "dlq:read"),
    ("post", f"/failedJobs/{ID}/replay", "dlq:write"),
    ("get", "/jobTypes", "jobs:read"),
    ("get", "/jobTypes/send_email", "jobs:read"),
    ("get", "/queues", "jobs:read"),
    ("get", "/queues/default", "jobs:read"),
    ("post", "/queues/default/pause", "queues:write"),
    ("post", "/queues/default/resume", "queues:write"),
    ("get", "/schedules", "jobs:read"),
    ("post", "/schedules", "schedules:write"),
    ("get", f"/schedules/{ID}", "jobs:read"),
    ("patch", f"/schedules/{ID}", "schedules:write"),
    ("delete", f"/schedules/{ID}", "schedules:write"),
    ("post", f"/schedules/{ID}/pause", "schedules:write"),
    ("post", f"/schedules/{ID}/resume", "schedules:write"),
    ("post", f"/schedules/{ID}/run", "schedules:write"),
]


def give(user: User, *codenames: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)


def call(user: User, scope: str, method: str, path: str) -> Any:
    access = AccessToken.for_user(user)
    access[SCOPE_CLAIM] = scope
    client = APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {access}")
    return getattr(client, method)(path, None if method in ("get", "head") else {}, format="json")


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_a_call_takes_its_scope(root: User, method: str, path: str, scope: str) -> None:
    others = scope_text(set(SCOPES) - {scope, "admin"})

    refused = call(root, others, method, path)

    assert refused["WWW-Authenticate"] == (
        f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'
    )
    if method == "head":
        assert refused.status_code == 403
    else:
        assert scope in problem(refused, 403, "insufficient_scope")["detail"]
    for enough in (scope, "admin"):
        assert call(root, enough, method, path).status_code not in (401, 403)


def test_a_token_without_a_scope_of_this_service_may_do_nothing(root: User) -> None:
    for scope in ("", "openid profile", "jobs:rea", "JOBS:READ"):
        problem(call(root, scope, "get", "/jobs"), 403, "insufficient_scope")
    assert call(root, "", "post", "/logoutEverywhere").status_code == 204


def test_a_method_that_there_is_not_is_told_so(root: User) -> None:
    problem(call(root, "dlq:read", "put", "/addJob"), 405, "method_not_allowed")
    problem(call(root, "dlq:read", "post", "/jobs"), 405, "method_not_allowed")


def patterns(resolver: Any) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if not str(one.pattern).startswith("admin"):
                yield from patterns(one)
        else:
            yield one


def declared() -> Iterator[tuple[str, str | None]]:
    """Each call that takes a token, and the scope that its view declares."""
    for pattern in patterns(get_resolver()):
        callback: Any = pattern.callback
        view = getattr(callback, "cls", None)
        if view is None or view.authentication_classes == ():
            continue
        actions = getattr(callback, "actions", None)
        names = actions.values() if actions else view.http_method_names
        for name in names:
            if hasattr(view, name) and name not in ("head", "options"):
                yield f"{name} {pattern.pattern}", getattr(view, "required_scopes", {}).get(name)


def test_every_call_declares_its_scope() -> None:
    found = dict(declared())

    assert len(found) > 20
    undeclared = [one for one, scope in found.items() if scope is None]
    assert undeclared == [], "declare required_scopes in these views"
    assert {scope for scope in found.values() if scope} <= SCOPES.keys()


def test_every_permission_of_a_scope_exists() -> None:
    permissions = Permission.objects.values_list("content_type__app_label", "codename")
    existing = {f"{app}.{codename}" for app, codename in permissions}

    assert set().union(*(one.permissions for one in SCOPES.values())) <= existing


def test_every_permission_that_a_call_asks_for_counts_with_a_scope() -> None:
    """Otherwise it would count with `admin` alone, which accounts that are not staff never get."""
    jobs = Path(__file__).parents[3] / "jobs"
    sources = [*(jobs / "api").rglob("*.py"), jobs / "services" / "visibility.py"]
    text = "".join(one.read_text(encoding="utf-8") for one in sources)
    existing = Permission.objects.filter(content_type__app_label="jobs")
    codenames = existing.values_list("codename", flat=True)
    asked = {f"jobs.{one}" for one in codenames if f'"jobs.{one}"' in text}

    assert len(asked) > 20
    counting = set().union(*(one.permissions for one in SCOPES.values()))
    assert asked - counting == {"jobs.reveal_payload"}  # of the admin site


def test_the_documentation_has_every_scope_with_its_permissions() -> None:
    text = (Path(__file__).parents[3] / "docs" / "identity.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for name, scope in SCOPES.items():
        assert [one for one in sorted(scope.permissions) if f"`{one}`" not in rows[name]] == []


def test_without_asking_a_log_in_gets_all_that_its_account_may_have(
    post: Post, user: User, root: User
) -> None:
    assert post("/login", ROSE).json()["scope"] == scope_text(FOR_EVERYONE)
    given = give(user, "replay_deadletter", "pause_queue", "run_schedule", "view_traceback")
    opened = {*FOR_EVERYONE, "dlq:write", "queues:write", "schedules:write"}
    assert post("/login", ROSE).json()["scope"] == scope_text(opened)
    given.is_staff = True
    assert "admin" in scopes_open_to(given)
    assert scopes_open_to(root) == tuple(SCOPES)


def test_permissions_to_see_open_no_scope_that_changes_something(user: User) -> None:
    assert scopes_open_to(give(user, "view_deadletter", "view_job")) == FOR_EVERYONE


def test_a_log_in_asks_for_fewer(post: Post, user: User) -> None:
    body = post("/login", ROSE | {"scope": " jobs:read  jobs:read"}).json()

    assert body["scope"] == "jobs:read"
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert client.get("/jobs").status_code == 200
    problem(client.post("/addJob", {}, format="json"), 403, "insufficient_scope")
    assert post("/login", ROSE | {"scope": None}).json()["scope"] == scope_text(FOR_EVERYONE)


def test_a_scope_that_there_is_not_is_refused_with_those_that_there_are(
    post: Post, user: User
) -> None:
    body = problem(post("/login", ROSE | {"scope": "jobs:read jobs:all"}), 400, "invalid")

    [error] = body["errors"]
    assert (error["pointer"], error["code"]) == ("/scope", "unknown_scope")
    assert "'jobs:all'" in error["detail"]
    assert all(name in error["detail"] for name in SCOPES)


def test_a_scope_that_the_account_may_not_have(post: Post, user: User) -> None:
    body = problem(post("/login", ROSE | {"scope": "jobs:read queues:write"}), 400, "invalid")

    [error] = body["errors"]
    assert error["code"] == "scope_not_open"
    assert error["detail"].startswith("queues:write cannot")
    wrong = ROSE | {"scope": "admin", "password": "something-else"}
    problem(post("/login", wrong), 401, "no_active_account")


@pytest.mark.parametrize("scope", ["", " ", 5, ["jobs:read"], {}, True])
def test_an_odd_scope(post: Post, user: User, scope: Any) -> None:
    assert pointers(problem(post("/login", ROSE | {"scope": scope}), 400, "invalid")) == {"/scope"}


def test_a_refresh_keeps_or_narrows(post: Post, user: User) -> None:
    first = post("/login", ROSE | {"scope": "jobs:read jobs:write"}).json()
    give(user, "pause_queue")

    kept = post("/refreshToken", {"refresh": first["refresh"]}).json()
    assert kept["scope"] == "jobs:write jobs:read"
    narrowed = post("/refreshToken", {"refresh": kept["refresh"], "scope": "jobs:read"}).json()
    assert narrowed["scope"] == AccessToken(narrowed["access"])[SCOPE_CLAIM] == "jobs:read"
    for wider in ("jobs:write", "queues:write", "jobs:read admin"):
        refused = post("/refreshToken", {"refresh": narrowed["refresh"], "scope": wider})
        assert problem(refused, 400, "invalid")["errors"][0]["code"] == "scope_not_open"
    # What was refused has not used the token up.
    assert post("/refreshToken", {"refresh": narrowed["refresh"]}).json()["scope"] == "jobs:read"


def test_admin_can_be_narrowed_to_anything(post: Post, root: User) -> None:
    refresh = str(session_start(user=root, scopes=["admin"]).refresh)

    body = post("/refreshToken", {"refresh": refresh, "scope": "dlq:write"}).json()

    assert body["scope"] == "dlq:write"


def test_a_refresh_token_of_before_gets_what_its_account_may_have(post: Post, user: User) -> None:
    token = RefreshToken(str(session_start(user=user).refresh))
    del token.payload[SCOPE_CLAIM]

    body = post("/refreshToken", {"refresh": str(token)}).json()

    assert body["scope"] == scope_text(FOR_EVERYONE)


def test_a_permission_counts_only_with_a_scope_that_it_belongs_to(root: User) -> None:
    root.scopes = frozenset({"jobs:read"})
    assert root.has_perm("jobs.view_job")
    assert not root.has_perm("jobs.cancel_job")
    assert not root.has_perm("accounts.delete_user")
    root.scopes = frozenset({"admin"})
    assert root.has_perm("accounts.delete_user")
    assert counts(frozenset({"dlq:write"}), "jobs.view_deadletter")


def test_a_scope_gives_nothing_that_the_account_may_not(user: User) -> None:
    problem(call(user, "admin", "get", "/queues"), 403, "permission_denied")
    problem(call(user, "queues:write", "post", "/queues/default/pause"), 403, "permission_denied")
