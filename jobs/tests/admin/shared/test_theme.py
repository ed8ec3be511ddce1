"""Every page is built on the theme where it is installed, and on Django's admin where it is not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from unfold.admin import ModelAdmin

from accounts.models import User
from jobs.models import Batch, DeadLetter, Queue, Worker
from jobs.tests.acceptance.processes import Service
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import record_page
from jobs.tests.scheduling import make_schedule
from jobs.tests.sources import ROOT
from scheduler.admin_navigation import GROUPS, navigation


def pages_of_every_model() -> list[str]:
    """Each list of the site, and each form in which something can be added."""
    names = [
        f"admin:{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry
    ]
    addable = ("accounts_user", "accounts_serviceaccount", "jobs_schedule", "jobs_limit")
    return [
        reverse("admin:index"),
        *(reverse(f"{name}_changelist") for name in names),
        *(reverse(f"admin:{name}_add") for name in addable),
    ]


@pytest.fixture
def records(chief: User, dead_letter: DeadLetter, worker: Worker) -> list[Model]:
    """One of each kind that has a template of its own."""
    return [
        dead_letter,
        dead_letter.job,
        worker,
        Queue.objects.get_or_create(name="default")[0],
        Batch.objects.create(),
        make_schedule(created_by_id=chief.pk),
    ]


def test_every_admin_is_the_themes() -> None:
    others = [
        model for model, one in admin.site._registry.items() if not isinstance(one, ModelAdmin)
    ]
    assert others == []


@pytest.mark.django_db
def test_pages_have_the_look_of_the_theme(chief: User, records: list[Model]) -> None:
    client = signed_in(chief)
    for page in [*pages_of_every_model(), *map(record_page, records)]:
        response = client.get(page)
        assert response.status_code == 200, page
        assert "unfold/css/styles" in response.text, page
        assert "nav-sidebar" in response.text, page


@pytest.mark.django_db(transaction=True)
def test_pages_work_without_the_theme(chief: User, records: list[Model], tmp_path: Path) -> None:
    asked = [*pages_of_every_model(), *map(record_page, records)]
    told = subprocess.run(
        [sys.executable, "-m", "jobs.tests.admin.plain_pages", str(chief.pk), *asked],
        cwd=ROOT,
        env={**Service(tmp_path).env, "DJANGO_SETTINGS_MODULE": "jobs.tests.plain_admin_settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert [answer[0] for answer in answers] == asked
    for page, status, policy, text in answers:
        assert status == 200, page
        assert "unfold" not in text, page
        assert 'id="user-tools"' in text, page
        assert "unsafe" not in policy
    texts = {answer[0]: answer[3] for answer in answers}
    assert "Replay…" in texts[record_page(records[0])]
    assert "Dead letters" in texts[reverse("admin:index")]


@pytest.mark.django_db
def test_the_navigation_names_what_a_person_may_see() -> None:
    def items(user: User, path: str) -> list[dict[str, Any]]:
        request = type("Request", (), {"user": user, "path": path})()
        return [item for group in navigation(request) for item in group["items"]]

    def named(user: User) -> list[str]:
        return [item["title"] for item in items(user, "/admin/")]

    def marked(path: str) -> list[str]:
        found = items(make_staff("view_worker", "view_health"), path)
        return [item["title"] for item in found if item["active"]]

    assert named(make_staff()) == ["Overview"]
    assert named(make_staff("view_job", "view_queue")) == [
        *("Overview", "Jobs", "Queues", "Saved views")
    ]
    assert marked("/admin/jobs/worker/health/") == ["Health"]
    assert marked("/admin/jobs/worker/1/change/") == ["Workers"]
    assert (marked("/admin/"), marked("/admin/nothing/")) == (["Overview"], [])


@pytest.mark.django_db
def test_the_navigation_names_every_model(chief: User) -> None:
    named = {apps.get_model(page.model) for _, pages in GROUPS for page in pages if page.model}
    assert named == set(admin.site._registry)
