"""Above a list: views that a person keeps, and the export of what is filtered."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Event, Job, SavedView
from jobs.services import saved_views
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, text_of
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


def export(client: Client, query: str = "", form: str = "csv") -> list[dict[str, str]]:
    response = client.post(f"{reverse('admin:jobs_job_export')}?{query}", {"form": form})
    assert response.status_code == 200
    text = b"".join(response).decode()
    return list(csv.DictReader(io.StringIO(text)))


def save(client: Client, name: str, query: str = "queue=bulk&p=2&e=1&state=queued") -> str:
    page = f"{reverse('admin:jobs_job_save_view')}?{query}"
    return client.post(page, {"name": name}, follow=True).text


def test_what_the_list_shows_is_exported_and_that_is_recorded(admin_client: Client) -> None:
    bulk, _ = make_job(queue="bulk"), make_job()
    assert [row["id"] for row in export(admin_client, "queue=bulk&p=1")] == [str(bulk.id)]
    assert len(export(admin_client)) == 2
    first = Event.objects.filter(action="list.exported").earliest("id")
    assert (first.subject_id, first.after) == ("job", {"filters": "queue=bulk", "form": "csv"})


def test_an_export_takes_a_permission_and_a_post() -> None:
    page = reverse("admin:jobs_job_export")
    viewer = signed_in(make_staff("view_job"))
    assert viewer.post(page, {"form": "csv"}).status_code == 403
    assert "JSON lines" not in text_of(viewer, list_page(Job))
    assert signed_in(make_staff("export_job")).post(page, {"form": "csv"}).status_code == 403
    exporter = signed_in(make_staff("view_job", "export_job"))
    assert "the form was not sent" in exporter.get(page, follow=True).text
    assert "JSON lines" in text_of(exporter, list_page(Job))
    assert exporter.post(page, {"form": "xls"}, follow=True).status_code == 200
    assert not Event.objects.exists()


def test_a_person_keeps_a_filter_and_nobody_else_sees_it(admin_client: Client) -> None:
    save(admin_client, "my bulk")
    view = SavedView.objects.get()
    assert view.query == "queue=bulk&state=queued"
    assert "my bulk" in text_of(admin_client, list_page(Job))
    other = signed_in(make_staff("view_job"))
    assert "my bulk" not in text_of(other, list_page(Job))
    link = f'href="{list_page(Job)}queue=bulk&amp;state=queued"'
    assert_contains_all(text_of(admin_client, list_page(SavedView)), ["my bulk", link])
    assert record_page(view) not in text_of(other, list_page(SavedView))
    assert other.get(record_page(view)).status_code == 302
    assert signed_in(make_staff("view_queue")).get(list_page(SavedView)).status_code == 403
    delete = reverse("admin:jobs_job_delete_view", args=[view.pk])
    other.post(delete)
    assert SavedView.objects.exists()
    admin_client.post(delete)
    assert not SavedView.objects.exists()


def test_the_same_name_replaces_and_there_is_an_end(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(admin_client, "one")
    save(admin_client, "one", "state=dead")
    assert SavedView.objects.get().query == "state=dead"
    monkeypatch.setattr(saved_views, "KEPT_MAX", 1)
    assert "delete one first" in save(admin_client, "two")
    assert "give it a name" in save(admin_client, " \x00 ")
    assert SavedView.objects.count() == 1


def test_a_view_is_kept_by_post_from_those_who_see_the_list(admin_client: Client) -> None:
    page = reverse("admin:jobs_job_save_view")
    assert "the form was not sent" in admin_client.get(page, follow=True).text
    assert signed_in(make_staff()).post(page, {"name": "x"}).status_code == 403
