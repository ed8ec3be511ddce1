"""Every address and every action of the admin, with each of the three roles: closed unless opened.

What a new page or action opens, and to whom, has to be written down here.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote as quote_url

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ServiceAccount, Tenant, User
from accounts.services.roles import ADMINISTRATOR, OPERATOR, ROLES, VIEWER, roles_write
from jobs.models import Event, Job, Limit, ProcessedKey, SavedView, Schedule
from jobs.services.batches.public import batch
from jobs.services.queues import queue_pause
from jobs.tests.admin.conftest import MakeDeadLetters, make_staff, signed_in
from jobs.tests.factories import make_job
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db

NOBODY = "nobody"
# Whom a page is open to, at least; by the end of its name where the beginning names a model.
VIEWED = ("changelist", "change", "history")
# Pages beside those of Django: who may GET them, and who may POST to them.
PAGES: dict[str, tuple[str, str]] = {
    "jobs_job_edit": (OPERATOR, OPERATOR),
    "jobs_job_clone": (OPERATOR, OPERATOR),
    # Asked for by GET, what takes a form sends a person back to it, and does nothing.
    "jobs_job_reveal": (VIEWER, ADMINISTRATOR),
    "jobs_deadletter_reveal": (VIEWER, ADMINISTRATOR),
    "jobs_health": (VIEWER, VIEWER),
    "jobs_deadletter_edit": (OPERATOR, OPERATOR),
    "jobs_deadletter_triage": (VIEWER, OPERATOR),
    "jobs_redrive_start": (OPERATOR, OPERATOR),
    "jobs_deadlettergroup_triage": (VIEWER, OPERATOR),
    "jobs_deadlettergroup_discard": (OPERATOR, OPERATOR),
    **{
        f"jobs_{model}_{name}": (VIEWER, role)
        for model in ("job", "deadletter", "event")
        for name, role in (("export", OPERATOR), ("save_view", VIEWER), ("delete_view", VIEWER))
    },
}
# Who may add and delete: of all others nobody may.
ADDED = {
    "jobs_limit": ADMINISTRATOR,
    "jobs_schedule": ADMINISTRATOR,
    "jobs_signingsecret": ADMINISTRATOR,
}
# Who may take an action.
ACTIONS: dict[tuple[str, str], str] = {
    ("job", "run_now_selected"): OPERATOR,
    ("job", "cancel_selected"): OPERATOR,
    ("deadletter", "replay_selected"): OPERATOR,
    ("deadletter", "discard_selected"): OPERATOR,
    ("deadletter", "redrive_selected"): OPERATOR,
    ("redrive", "pause_selected"): OPERATOR,
    ("redrive", "resume_selected"): OPERATOR,
    ("redrive", "cancel_selected"): OPERATOR,
    ("queue", "pause_selected"): OPERATOR,
    ("queue", "resume_selected"): OPERATOR,
    ("schedule", "pause_selected"): OPERATOR,
    ("schedule", "resume_selected"): OPERATOR,
    ("schedule", "run_selected"): OPERATOR,
    ("batch", "cancel_selected"): OPERATOR,
    ("worker", "drain_selected"): OPERATOR,
    ("worker", "stop_selected"): OPERATOR,
    ("worker", "resume_selected"): OPERATOR,
    ("processedkey", "release_selected"): ADMINISTRATOR,
    ("limit", "delete_selected"): ADMINISTRATOR,
    ("schedule", "delete_selected"): ADMINISTRATOR,
    ("signingsecret", "delete_selected"): ADMINISTRATOR,
    ("user", "log_out_everywhere"): ADMINISTRATOR,
    ("user", "delete_selected"): ADMINISTRATOR,
    ("tenant", "delete_selected"): ADMINISTRATOR,
    ("serviceaccount", "delete_selected"): ADMINISTRATOR,
}


@pytest.fixture
def records(make_dead_letters: MakeDeadLetters) -> None:
    """Something on as many lists as can be had cheaply."""
    client = User.objects.create_user(username="a-client", password=None)
    make_dead_letters(submitted_by_id=client.pk)
    keyed = make_job(idempotency_key="k")
    succeed(keyed)
    make_job(payload={"text": "a", "secret": "hush"})
    queue_pause(name="bulk")
    Schedule.objects.create(name="nightly", type="tests.note", payload={}, every_seconds=60)
    Limit.objects.create(name="queue:bulk", max_concurrency=1)
    Tenant.objects.create(name="north")
    with batch():
        pass
    roles_write()


@pytest.fixture
def clients(records: None) -> dict[str, Client]:
    """A session of each role."""
    sessions = {}
    for role in ROLES:
        user = User.objects.create_user(username=f"one-{role}", password=None, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        sessions[role] = signed_in(User.objects.get(pk=user.pk))
    return sessions


def may(role: str, least: str) -> bool:
    return least != NOBODY and ROLES.index(role) >= ROLES.index(least)


def pages() -> Iterator[tuple[str, str, list[str]]]:
    """The name, the path and the arguments of each address of a model."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, str, list[str]]]:
        for one in patterns:
            route = before + str(one.pattern).replace("^", "")
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, route)
            elif isinstance(one, URLPattern) and one.name and "(?P" not in route:
                yield one.name, route, list(one.pattern.converters)

    [site] = [
        one
        for one in get_resolver().url_patterns
        if isinstance(one, URLResolver) and one.app_name == "admin"
    ]
    yield from walk(site.url_patterns, "/admin/")


def model_of(path: str) -> type[Model] | None:
    app, name = (*path.removeprefix("/admin/").split("/"), "", "")[:2]
    found = [one for one in admin.site._registry if one._meta.label_lower == f"{app}.{name}"]
    return found[0] if found else None


def address(path: str, names: list[str], model: type[Model]) -> str | None:
    """The path with a record's key in it; None where there is no record."""
    record = model._default_manager.first()
    for name in names:
        if name == "view_id":
            value: Any = SavedView(name="gone").pk
        elif record is None:
            return None
        else:
            value = quote_url(quote(str(record.pk)), safe="")
        for form in ("path", "uuid", "int", "str", "slug"):
            path = path.replace(f"<{form}:{name}>", str(value))
        path = path.replace(f"<{name}>", str(value))
    return path


def opened_to(name: str, model: type[Model], method: str) -> str | None:
    """The least role to which an address is open; None for one that nobody has thought of."""
    if name in PAGES:
        return PAGES[name][method == "POST"]
    owner, _, page = name.rpartition("_")
    if model._meta.app_label != "jobs":
        return ADMINISTRATOR if model._meta.app_label == "accounts" else NOBODY
    if page in VIEWED:
        if method == "GET":
            return VIEWER
        changes = {"jobs_schedule": OPERATOR, "jobs_limit": ADMINISTRATOR}
        return {"changelist": VIEWER, "history": VIEWER}.get(page) or changes.get(owner, NOBODY)
    return ADDED.get(owner, NOBODY) if page in ("add", "delete") else None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_address(clients: dict[str, Client], method: str) -> None:
    unknown, wrong, walked = set(), [], 0
    for name, route, names in pages():
        model = model_of(route)
        if model is None or (path := address(route, names, model)) is None:
            continue
        least = opened_to(name, model, method)
        if least is None:
            unknown.add(name)
            continue
        for role, client in clients.items():
            status = client.generic(method, path).status_code
            walked += 1
            if status >= 500 or (status in (403, 405)) == may(role, least):
                wrong.append(f"{method} {name} by {role}: {status}, open to {least}")
    assert unknown == set(), "say in PAGES to whom they are open"
    assert wrong == []
    assert walked > 200


LINK = re.compile(r'href="(/admin/[^"?]*)')


def links_of(text: str) -> set[str]:
    """Where the links of a page lead, without their filters; the way out asks for no right."""
    return {unescape(one) for one in LINK.findall(text)} - {"/admin/logout/"}


def test_no_link_leads_to_a_refusal(clients: dict[str, Client]) -> None:
    """Of the lists and of a record of each, for viewers and for people with few rights."""
    few = {
        name: signed_in(make_staff(f"view_{name}"))
        for name in ("job", "deadletter", "deadlettergroup", "queue", "event", "redrive")
    }
    refused, followed = [], 0
    for role, client in {VIEWER: clients[VIEWER], **few}.items():
        seen: set[str] = {"/admin/"}
        found = sorted(seen)
        for depth in range(3):  # the overview, its lists, their records
            found = sorted(
                {one for path in found for one in links_of(client.get(path).text)} - seen
            )
            seen.update(found)
            refused += [
                f"{role}, {depth} links in: {path}"
                for path in found
                if client.get(path).status_code == 403
            ]
            followed += len(found)
    assert refused == []
    assert followed > 60


def act(client: Client, model: type[Model], action: str, **fields: str) -> Any:
    record = model._default_manager.first()
    assert record is not None, model
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    return client.post(path, {"action": action, "_selected_action": str(record.pk), **fields})


def actions(client: Client) -> Iterator[tuple[type[Model], str]]:
    """Every action that this person is offered."""
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    for model, model_admin in admin.site._registry.items():
        yield from ((model, name) for name in model_admin.get_actions(request))


def test_every_action(clients: dict[str, Client]) -> None:
    ServiceAccount.objects.create(user=User.objects.create_user(username="program"))
    wrong, walked = [], set()
    for model, action in actions(clients[ADMINISTRATOR]):
        key = (str(model._meta.model_name), action)
        if not model._default_manager.exists() or key[0] == "group":
            continue
        assert key in ACTIONS, f"say in ACTIONS who may take {key}"
        walked.add(key)
        for role, client in clients.items():
            before = LogEntry.objects.count(), Event.objects.count()
            if may(role, ACTIONS[key]):
                # Nothing is done before it is confirmed.
                asked = act(client, model, action)
                if asked.status_code != 200 or 'type="hidden"' not in asked.text:
                    wrong.append(f"{key} by {role} is not confirmed: {asked.status_code}")
            else:
                act(client, model, action, confirmed="yes", post="yes", reason="x", typed="1")
            if before != (LogEntry.objects.count(), Event.objects.count()):
                wrong.append(f"{key} by {role} was done")
    assert wrong == []
    assert len(walked) >= len(ACTIONS) - 5  # of some there is no record here
    assert Job.objects.filter(state="queued").exists()
    assert ProcessedKey.objects.exists()
