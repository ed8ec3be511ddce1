"""The way to a page stands above it: of lists, records, questions, and pages of their own."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.admin.jobs.job_admin import JobAdmin
from jobs.models import DeadLetter, Job, Queue
from jobs.services.time_limit import StatementTooSlow
from jobs.tests.admin.pages import list_page, record_page
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db

_NAVIGATION = re.compile(r'<nav class="crumbs".*?</nav>', re.DOTALL)
_CRUMB = re.compile(r"<li.*?</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def way(text: str) -> list[str]:
    """The words of the breadcrumbs of a page; the last one is no link."""
    [navigation] = _NAVIGATION.findall(text)
    found = _CRUMB.findall(navigation)
    assert all("<a href=" in one for one in found[:-1])
    assert "<a " not in found[-1]
    return [unescape(_TAG.sub("", one)).strip() for one in found]


def test_lists_records_and_pages_of_their_own_are_named(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    job = dead_letter.job

    def of(page: str) -> list[str]:
        return way(admin_client.get(page).text)

    assert of(reverse("admin:index")) == ["Overview"]
    assert of(list_page(Job)) == ["Overview", "Jobs"]
    assert of(record_page(job)) == ["Overview", "Jobs", str(job)]
    assert of(reverse("admin:jobs_job_clone", args=[job.pk])) == [*of(record_page(job)), "Clone"]
    assert of(reverse("admin:jobs_health")) == ["Overview", "Health"]
    assert of(reverse("admin:jobs_deadlettergroup_changelist"))[1:] == ["Dead letter groups"]
    editor = reverse("admin:jobs_deadletter_edit", args=[dead_letter.pk])
    assert of(editor) == ["Overview", "Dead letters", str(dead_letter), "Another payload"]
    assert of(reverse("admin:jobs_limit_add")) == ["Overview", "Limits", "Add"]


def test_a_question_stands_below_the_list_that_asks_it(admin_client: Client) -> None:
    asked = admin_client.post(
        list_page(Queue), {"action": "pause_selected", "_selected_action": ["bulk"], "index": "0"}
    )
    assert way(asked.text) == ["Overview", "Queues", "Pause"]
    assert asked.text.count("<h1") == 1


def test_errors_have_their_place_and_one_heading(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*args: Any) -> None:
        raise StatementTooSlow(3.0)

    make_job()
    missing = admin_client.get("/admin/nothing/here/")
    monkeypatch.setattr(JobAdmin, "get_queryset", too_slow)
    slow = admin_client.get(list_page(Job))

    assert (missing.status_code, way(missing.text)[0]) == (404, "Overview")
    assert (slow.status_code, way(slow.text)) == (503, ["Overview", "Jobs", "Too slow"])
    assert missing.text.count("<h1") == slow.text.count("<h1") == 1
    assert "Workers" in missing.text  # the navigation stays
