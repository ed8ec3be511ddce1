"""Who may see and do what: view permissions count, and no record can be changed."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from jobs.core.selection import Selection
from jobs.models import (
    Batch,
    DeadLetter,
    DeadLetterGroup,
    Job,
    ProcessedKey,
    Queue,
    Worker,
)
from jobs.services.attempts import jobs_claim
from jobs.services.events import event_record
from jobs.services.redrives import redrive_start
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import MODELS, list_page, record_page, record_text
from jobs.tests.factories import make_job, make_user, make_worker
from jobs.tests.scheduling import make_schedule

pytestmark = pytest.mark.django_db

VIEW_ALL = tuple(
    f"view_{name}"
    for name in (
        *("batch", "deadletter", "deadlettergroup", "processedkey", "queue", "redrive"),
        *("schedule", "worker"),
    )
)


@pytest.fixture
def records(dead_letter: DeadLetter, worker: Worker) -> list[Model]:
    """One record of each kind."""
    keyed = make_job(idempotency_key="order-7")
    jobs_claim(worker_id=worker.id, job_ids=[keyed.id])
    return [keyed, dead_letter, ProcessedKey.objects.get(job_id=keyed.id), worker]


@pytest.mark.parametrize("model", MODELS)
def test_strangers_are_asked_to_log_in(model: type[Model]) -> None:
    for client in (Client(), signed_in(make_user())):
        response = client.get(list_page(model))

        assert response.status_code == 302
        assert response["Location"].startswith(reverse("admin:login"))


def test_staff_without_permissions_see_nothing(records: list[Model]) -> None:
    client = signed_in(make_staff())

    for record in records:
        assert client.get(list_page(type(record))).status_code == 403
        assert client.get(record_page(record)).status_code == 403


def test_the_view_permission_opens_lists_and_records(
    records: list[Model], viewer_client: Client
) -> None:
    for record in records:
        assert viewer_client.get(list_page(type(record))).status_code == 200
        assert viewer_client.get(record_page(record)).status_code == 200


def test_no_record_can_be_added_changed_or_deleted(
    records: list[Model], admin_client: Client
) -> None:
    for record in records:
        model = type(record)
        before = model._default_manager.count()
        delete_page = record_page(record).replace("/change/", "/delete/")

        assert admin_client.get(f"{list_page(model).partition('?')[0]}add/").status_code == 403
        assert admin_client.post(record_page(record), {"type": "other"}).status_code == 403
        assert admin_client.post(delete_page, {"post": "yes"}).status_code == 403
        admin_client.post(
            list_page(model),
            {"action": "delete_selected", "_selected_action": [str(record.pk)], "post": "yes"},
        )
        assert model._default_manager.count() == before


def test_the_site_names_the_product(admin_client: Client) -> None:
    assert b"Job scheduler" in admin_client.get(reverse("admin:index")).content


def test_a_log_in_that_asks_for_no_page_leads_to_the_overview(chief: User) -> None:
    fields = {"username": chief.username, "password": "secret-secret"}
    assert Client().post(reverse("admin:login"), fields)["Location"] == reverse("admin:index")


def test_tokens_have_no_pages() -> None:
    assert "token_blacklist" not in {model._meta.app_label for model in admin.site._registry}


def test_a_job_that_is_gone_is_no_failure_of_the_server(job: Job, admin_client: Client) -> None:
    page = record_page(job)
    job.delete()

    assert admin_client.get(page, follow=True).status_code == 200


def test_what_people_did_is_shown_to_those_who_may_know_it(dead_letter: DeadLetter) -> None:
    """On every page that has it: one look at the permission for all of them."""
    viewer = make_staff(*VIEW_ALL)
    subjects = {
        "dead_letter": dead_letter,
        "dead_letter_group": DeadLetterGroup(fingerprint=dead_letter.fingerprint),
        "batch": Batch.objects.create(name="an import"),
        "queue": Queue.objects.get(name="bulk"),
        "schedule": make_schedule(name="nightly"),
        "worker": make_worker(),
        "processed_key": ProcessedKey.objects.create(key="order-7", job_id=dead_letter.job_id),
        "redrive": redrive_start(selection=Selection(ids=(dead_letter.id,))),
    }
    for noun, record in subjects.items():
        event_record(
            action=f"{noun}.noted", subject_type=noun, subject_id=record.pk, reason="a secret"
        )
    client = signed_in(viewer)
    shown = {noun for noun, one in subjects.items() if "a secret" in record_text(client, one)}
    assert shown == set()
    client = signed_in(make_staff(*VIEW_ALL, "view_event"))
    shown = {noun for noun, one in subjects.items() if "a secret" in record_text(client, one)}
    assert shown == set(subjects)
