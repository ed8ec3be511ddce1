"""Service accounts: client credentials against tokens, and what such tokens may do."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.checked_tokens import checked_tokens
from accounts.models import ServiceAccount, ServiceSecret, User
from accounts.rate import Rate
from accounts.services.service_accounts import (
    NewSecret,
    TooManySecrets,
    secret_create,
    secret_revoke,
    service_account_change,
    service_account_create,
)
from accounts.tests.conftest import PASSWORD, Post
from accounts.tests.problem import problem
from accounts.tokens import AccessToken

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
NOTE = {"type": "tests.note", "payload": {"text": "a"}}


@pytest.fixture
def account(db: None) -> ServiceAccount:
    return service_account_create(name="billing", scopes=["jobs:write", "jobs:read"])


@pytest.fixture
def secret(account: ServiceAccount) -> NewSecret:
    return secret_create(account=account)


def ask(form: dict[str, str] | str, **headers: Any) -> Any:
    body = form if isinstance(form, str) else urlencode(form)
    client = APIClient(raise_request_exception=False)
    return client.post("/token", body, content_type=FORM, **headers)


def credentials(account: ServiceAccount, secret: NewSecret, **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": account.client_id,
        "client_secret": secret.text,
        **more,
    }


def basic(client_id: str, text: str) -> str:
    return f"Basic {base64.b64encode(f'{client_id}:{text}'.encode()).decode()}"


def client_with(token: object) -> APIClient:
    return APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {token}")


def client_of(account: ServiceAccount, secret: NewSecret) -> APIClient:
    return client_with(ask(credentials(account, secret)).json()["access_token"])


def refused(response: Any, status: int, error: str) -> str:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body: dict[str, str] = response.json()
    assert body.keys() == {"error", "error_description"}
    assert body["error"] == error
    if status == 401:
        assert response["WWW-Authenticate"].startswith("Basic")
    return body["error_description"]


def test_credentials_in_the_body_or_the_header(account: ServiceAccount, secret: NewSecret) -> None:
    header = basic(account.client_id, secret.text)
    answers = [
        ask(credentials(account, secret)),
        ask("grant_type=client_credentials", HTTP_AUTHORIZATION=header),
        ask("grant_type=client_credentials", HTTP_AUTHORIZATION=header.replace("Basic", "basic")),
        ask(
            {"grant_type": "client_credentials", "client_id": account.client_id, "unheard": "of"},
            HTTP_AUTHORIZATION=header,
        ),
    ]

    for answer in answers:
        assert answer.status_code == 200, answer.content
        assert answer["Cache-Control"] == "no-store"
        body = answer.json()
        assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
        assert body["scope"] == "jobs:write jobs:read"
        assert client_with(body["access_token"]).get("/jobs").status_code == 200
    secret.secret.refresh_from_db()
    assert secret.secret.last_used_at is not None


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "client-unheard"}, 401, "invalid_client"),
        ({"client_id": "billing"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "\x00"}, 401, "invalid_client"),
        ({"client_id": "\x00"}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "jobs:all"}, 400, "invalid_scope"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"scope": "jobs:read dlq:read"}, 400, "invalid_scope"),
    ],
)
def test_what_is_refused(
    account: ServiceAccount, secret: NewSecret, change: dict[str, str], status: int, error: str
) -> None:
    sentence = refused(ask(credentials(account, secret) | change), status, error)

    assert secret.text not in sentence


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic Zm9v", "Basic Og==", "Basic /w==", "Bearer abc", "x"]
)
def test_an_odd_header(header: str, db: None) -> None:
    refused(ask("grant_type=client_credentials", HTTP_AUTHORIZATION=header), 401, "invalid_client")


def test_credentials_that_come_twice(account: ServiceAccount, secret: NewSecret) -> None:
    header = basic(account.client_id, secret.text)
    refused(ask(credentials(account, secret), HTTP_AUTHORIZATION=header), 400, "invalid_request")
    other = {"grant_type": "client_credentials", "client_id": "another"}
    refused(ask(other, HTTP_AUTHORIZATION=header), 400, "invalid_request")
    problem(ask("grant_type=a&grant_type=client_credentials"), 400, "parse_error")
    problem(ask("a=" + "b" * 20_000), 413, "body_too_large")
    problem(ask("a=%ff"), 400, "parse_error")
    problem(APIClient().post("/token", {}, format="json"), 415, "unsupported_media_type")


def test_a_token_asks_for_fewer_scopes(account: ServiceAccount, secret: NewSecret) -> None:
    body = ask(credentials(account, secret, scope="jobs:read")).json()

    assert body["scope"] == "jobs:read"
    response = client_with(body["access_token"]).post("/addJob", NOTE, format="json")
    problem(response, 403, "insufficient_scope")


def test_two_secrets_at_a_time(account: ServiceAccount, secret: NewSecret) -> None:
    other = secret_create(account=account)
    assert secret.text != other.text
    for one in (secret, other):
        assert ask(credentials(account, one)).status_code == 200
    with pytest.raises(TooManySecrets):
        secret_create(account=account)

    old, new = client_of(account, secret), client_of(account, other)
    secret_revoke(secret_id=secret.secret.pk)

    refused(ask(credentials(account, secret)), 401, "invalid_client")
    problem(old.get("/jobs"), 401, "token_not_valid")
    assert new.get("/jobs").status_code == 200
    assert secret_create(account=account).secret.slot == secret.secret.slot


@pytest.mark.django_db(transaction=True)
def test_many_secrets_at_once(account: ServiceAccount) -> None:
    def make(_: int) -> bool:
        try:
            secret_create(account=account)
        except TooManySecrets:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(make, range(6))) == [False] * 4 + [True] * 2


def test_the_database_has_no_room_for_a_third(account: ServiceAccount) -> None:
    for slot in (0, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceSecret.objects.create(account=account, slot=slot, digest="", hint="")


def test_a_secret_is_kept_as_a_hash(account: ServiceAccount, secret: NewSecret) -> None:
    [row] = ServiceSecret.objects.values()

    assert secret.text not in str(row)
    assert len(row["hint"]) < 12
    assert secret.text.startswith(row["hint"])


def test_a_secret_expires_with_its_tokens(account: ServiceAccount) -> None:
    secret = secret_create(account=account, days=30)
    assert secret.secret.expires_at is not None
    assert timedelta(days=29) < secret.secret.expires_at - timezone.now() < timedelta(days=31)
    api = client_of(account, secret)
    soon = timezone.now() + timedelta(seconds=60)
    ServiceSecret.objects.update(expires_at=soon)
    assert 55 <= ask(credentials(account, secret)).json()["expires_in"] <= 60

    ServiceSecret.objects.update(expires_at=timezone.now())
    checked_tokens.clear()

    refused(ask(credentials(account, secret)), 401, "invalid_client")
    problem(api.get("/jobs"), 401, "token_not_valid")


def test_an_account_is_disabled_at_once(account: ServiceAccount, secret: NewSecret) -> None:
    api = client_of(account, secret)
    assert api.get("/jobs").status_code == 200

    change(account, is_active=False)

    problem(api.get("/jobs"), 401, "user_inactive")
    refused(ask(credentials(account, secret)), 401, "invalid_client")


def change(account: ServiceAccount, **fields: Any) -> None:
    kept = {"scopes": account.scopes, "job_types": account.job_types, "queues": account.queues}
    service_account_change(account=account, **{"is_active": True, **kept, **fields})


def test_fewer_scopes_narrow_tokens_that_are_out(
    account: ServiceAccount, secret: NewSecret
) -> None:
    api, made = client_of(account, secret), AccessToken.for_user(account.user)
    assert api.get("/jobs").status_code == client_with(made).get("/jobs").status_code == 200

    change(account, scopes=["jobs:write"])

    for each in (api, client_with(made)):
        problem(each.get("/jobs"), 403, "insufficient_scope")
        assert each.post("/addJob", NOTE, format="json").status_code == 202


def test_its_jobs_are_its_own(account: ServiceAccount, secret: NewSecret) -> None:
    api = client_of(account, secret)
    accepted = api.post("/addJob", NOTE | {"idempotency_key": "a"}, format="json")
    assert accepted.status_code == 202
    path = accepted["Location"]

    assert api.get(path).status_code == 200
    other = User.objects.create_user("rose")
    problem(client_with(AccessToken.for_user(other)).get(path), 404, "not_found")


def test_a_service_account_has_no_password(account: ServiceAccount, post: Post) -> None:
    assert not account.user.has_usable_password()
    account.user.set_password(PASSWORD)
    account.user.save()

    problem(post("/login", {"username": "billing", "password": PASSWORD}), 401, "no_active_account")
    assert authenticate(None, username="billing", password=PASSWORD) is None


def test_failures_are_counted_like_those_of_log_ins(
    account: ServiceAccount, secret: NewSecret, settings: Any
) -> None:
    settings.LOGIN_RATE = Rate(3, 60)
    right = credentials(account, secret)
    for _ in range(5):
        assert ask(right).status_code == 200
    for number in range(3):
        wrong = right | {"client_secret": "wrong"}
        refused(ask(wrong, REMOTE_ADDR=f"10.1.0.{number}"), 401, "invalid_client")

    throttled = ask(right, REMOTE_ADDR="10.1.0.9")

    problem(throttled, 429, "throttled")
    assert int(throttled["Retry-After"]) > 0
    assert ask(right).status_code == 200  # from where it has called before


def of_account(account: ServiceAccount, secret: NewSecret, *permissions: str) -> APIClient:
    found = Permission.objects.filter(codename__in=permissions)
    account.user.user_permissions.add(*found)
    return client_of(account, secret)


@pytest.mark.parametrize(
    "limits", [{"job_types": ["tests.add"]}, {"queues": ["emails", "bulk"]}], ids=["type", "queue"]
)
def test_what_it_may_submit(
    account: ServiceAccount, secret: NewSecret, limits: dict[str, list[str]]
) -> None:
    change(account, scopes=["jobs:write", "jobs:read", "schedules:write", "dlq:write"], **limits)
    permissions = ("add_schedule", "change_schedule", "run_schedule", "view_schedule")
    api = of_account(account, secret, *permissions)
    schedule = {"name": "hourly", "cron": "0 * * * *", "timezone": "UTC", **NOTE}

    one = api.post("/addJob", NOTE, format="json")
    detail = problem(one, 403, "submission_not_allowed")["detail"]
    assert all(name in detail for names in limits.values() for name in names)
    many = api.post("/addJobs", {"jobs": [NOTE, NOTE]}, format="json")
    assert many.status_code == 200
    assert [item["status"] for item in many.json()["results"]] == [403, 403]
    assert many.json()["results"][0]["problem"]["code"] == "submission_not_allowed"
    problem(api.post("/schedules", schedule, format="json"), 403, "submission_not_allowed")

    change(account, job_types=["tests.note"], queues=["default", "bulk"])

    assert api.post("/addJob", NOTE, format="json").status_code == 202
    made = api.post("/schedules", schedule, format="json")
    assert made.status_code == 201, made.content
    moved = api.patch(made["Location"], {"queue": "emails"}, format="json")
    problem(moved, 403, "submission_not_allowed")
    assert api.post(f"{made['Location']}/run", {}, format="json").status_code == 202
    change(account, queues=["bulk"])
    problem(api.post(f"{made['Location']}/run", {}, format="json"), 403, "submission_not_allowed")
    assert api.post(f"{made['Location']}/pause", {}, format="json").status_code == 200
    resumed = api.post(f"{made['Location']}/resume", {}, format="json")
    problem(resumed, 403, "submission_not_allowed")
    resumed = api.patch(made["Location"], {"paused": False}, format="json")
    problem(resumed, 403, "submission_not_allowed")


def test_a_job_is_not_moved_to_a_queue_that_it_may_not_use(
    account: ServiceAccount, secret: NewSecret
) -> None:
    change(account, queues=["default", "bulk"])
    api = client_of(account, secret)
    path = api.post("/addJob", NOTE, format="json")["Location"]

    problem(api.patch(path, {"queue": "emails"}, format="json"), 403, "submission_not_allowed")
    assert api.patch(path, {"queue": "bulk"}, format="json").status_code == 200


def test_the_right_of_one_call_is_not_that_of_the_next(
    account: ServiceAccount, secret: NewSecret
) -> None:
    change(account, queues=["bulk"])
    api = client_of(account, secret)
    problem(api.post("/addJob", NOTE, format="json"), 403, "submission_not_allowed")

    person = client_with(AccessToken.for_user(User.objects.create_user("rose")))

    assert person.post("/addJob", NOTE, format="json").status_code == 202


# The admin.


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    return client


LIST = "/admin/accounts/serviceaccount/"


def test_staff_make_an_account_and_its_secret(admin: Client) -> None:
    fields = {"name": "reports", "is_active": "on", "scopes": ["jobs:write", "jobs:read"]}
    made = admin.post(f"{LIST}add/", fields | {"queues": "bulk\r\n bulk \r\nemails"})
    assert made.status_code == 302, made.content.decode()[:3000]
    account = ServiceAccount.objects.get(user__username="reports")
    assert (account.scopes, account.job_types) == (["jobs:write", "jobs:read"], [])
    assert account.queues == ["bulk", "emails"]

    shown = admin.post(f"{LIST}{account.pk}/secrets/new/", {"days": "30"})

    assert "no-store" in shown["Cache-Control"]
    [text] = re.findall(r"jobs_[\w-]{43}", shown.content.decode())
    form = {"grant_type": "client_credentials", "client_id": account.client_id}
    assert ask(form | {"client_secret": text}).status_code == 200
    page = admin.get(f"{LIST}{account.pk}/change/").content.decode()
    assert text not in page
    assert text[:9] in page
    admin.post(f"{LIST}{account.pk}/secrets/{account.secrets.get().pk}/revoke/")
    refused(ask(form | {"client_secret": text}), 401, "invalid_client")
    log = str(list(User.objects.get(username="root").logentry_set.values()))
    assert text not in log
    assert "Made the secret" in log


def test_staff_change_an_account(admin: Client, account: ServiceAccount, secret: NewSecret) -> None:
    api = client_of(account, secret)
    changed = admin.post(f"{LIST}{account.pk}/change/", {"scopes": ["jobs:read"]})

    assert changed.status_code == 302, changed.content.decode()[:3000]
    account.refresh_from_db()
    assert (account.scopes, str(account)) == (["jobs:read"], "billing")
    problem(api.get("/jobs"), 401, "user_inactive")  # the box was not checked


def test_a_name_that_is_taken(admin: Client, account: ServiceAccount) -> None:
    for name in ("billing", "BILLING", "a b", "", "x" * 151):
        answer = admin.post(f"{LIST}add/", {"name": name, "scopes": ["jobs:read"]})
        assert answer.status_code == 200
    assert ServiceAccount.objects.count() == 1


def test_a_third_secret_is_refused_in_words(admin: Client, account: ServiceAccount) -> None:
    for _ in range(2):
        assert admin.post(f"{LIST}{account.pk}/secrets/new/", {"days": ""}).status_code == 200
    answer = admin.post(f"{LIST}{account.pk}/secrets/new/", {"days": ""}, follow=True)

    assert "revoke one first" in answer.content.decode()
    answer = admin.get(f"{LIST}{account.pk}/secrets/new/", follow=True)
    assert "the form was not sent" in answer.content.decode()
    assert admin.post(f"{LIST}{account.pk}/secrets/new/", {"days": "7"}).status_code == 404


def test_staff_without_the_permission(account: ServiceAccount, secret: NewSecret) -> None:
    staff = User.objects.create_user("iris", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_serviceaccount"))
    client = Client()
    client.force_login(staff)

    assert client.get(f"{LIST}{account.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{account.pk}/secrets/new/", {"days": ""}).status_code == 403
    revoke = f"{LIST}{account.pk}/secrets/{secret.secret.pk}/revoke/"
    assert client.post(revoke).status_code == 403
    assert Client().post(f"{LIST}{account.pk}/secrets/new/").status_code == 302  # to the log-in
    assert account.secrets.count() == 1


def test_an_account_leaves_with_its_user(
    admin: Client, account: ServiceAccount, secret: NewSecret
) -> None:
    api = client_of(account, secret)
    path = api.post("/addJob", NOTE, format="json")["Location"]
    page = admin.get(f"{LIST}{account.pk}/delete/")
    assert page["Location"] == f"/admin/accounts/user/{account.pk}/delete/"

    admin.post(page["Location"], {"post": "yes"})

    assert not ServiceAccount.objects.exists()
    problem(api.get(path), 401, "token_not_valid")
