"""Limits in the admin: set, changed and removed by those who may, and refused in words."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.core.limit import LimitRule, Rate
from jobs.models import Event, Limit
from jobs.services.limits.change import limit_set
from jobs.tests.admin.pages import list_page

pytestmark = pytest.mark.django_db

ADD = "admin:jobs_limit_add"


def fields(**given: Any) -> dict[str, Any]:
    return {"name": "queue:bulk", "max_concurrency": "", "rate": "", "burst": ""} | given


def test_a_limit_is_set(admin_client: Client) -> None:
    response = admin_client.post(reverse(ADD), fields(max_concurrency="5", rate="100/m"))
    assert response.status_code == 302
    limit = Limit.objects.get()
    assert limit.rule == LimitRule(5, Rate(100, 60.0, 2))
    assert limit.is_override
    event = Event.objects.get(action="limit.set")
    assert event.subject_id == "queue:bulk"
    assert event.actor_name.startswith("user")


def test_a_limit_is_changed_and_removed(admin_client: Client) -> None:
    limit_set(name="queue:bulk", rule=LimitRule(5, Rate(100, 60.0, 2)))
    page = reverse("admin:jobs_limit_change", args=["queue_3Abulk"])
    assert 'value="100/m"' in admin_client.get(page).content.decode()
    assert admin_client.post(page, fields(max_concurrency="7")).status_code == 302
    assert Limit.objects.get().rule == LimitRule(7)
    delete = reverse("admin:jobs_limit_delete", args=["queue_3Abulk"])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"max_concurrency": "0"}, "choose 1 to"),
        ({"rate": "fast"}, "is not a rate"),
        ({"rate": "0/m"}, "is not a rate"),
        ({"burst": "3"}, "a burst needs a rate"),
        ({}, "a limit needs max_concurrency, a rate"),
        ({"name": "reports", "max_concurrency": "1"}, "name a queue, type or key"),
        ({"name": "type:x", "is_fair": "on"}, "only a queue can be fair"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    admin_client: Client, given: dict[str, str], sentence: str
) -> None:
    response = admin_client.post(reverse(ADD), fields(**given))
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Limit.objects.exists()


def test_the_list_shows_what_is_in_use(admin_client: Client) -> None:
    limit_set(name="queue:bulk", rule=LimitRule(5))
    text = admin_client.get(list_page(Limit)).content.decode()
    assert "queue:bulk" in text
    assert "staff" in text
