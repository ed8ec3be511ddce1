"""The admin's pages: their addresses, and what is on them."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.utils import quote
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import DeadLetter, Event, Job, KeyWait, ProcessedKey, Queue, Worker

MODELS: list[type[Model]] = [Job, DeadLetter, ProcessedKey, KeyWait, Event, Queue, Worker]


def list_page(model: type[Model], **filters: Any) -> str:
    """The list of a model's records."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return f"{reverse(f'admin:jobs_{model._meta.model_name}_changelist')}?{query}"


def record_page(record: Model) -> str:
    """The page of one record."""
    return reverse(f"admin:jobs_{record._meta.model_name}_change", args=[quote(str(record.pk))])


def text_of(client: Client, page: str) -> str:
    """The HTML of a page."""
    response = client.get(page)
    assert response.status_code == 200
    return response.text


def record_text(client: Client, record: Model) -> str:
    """The HTML of a record's page."""
    return text_of(client, record_page(record))


def assert_contains_all(text: str, parts: Sequence[object]) -> None:
    """Fails with the parts that are missing."""
    assert [part for part in parts if str(part) not in text] == []


def shown(client: Client, page: str) -> set[object]:
    """The keys of the records that a list shows."""
    response = client.get(page)
    assert response.status_code == 200
    return {record.pk for record in response.context["cl"].result_list}


def queries_of(client: Client, page: str) -> list[str]:
    """The statements that a page takes."""
    with CaptureQueriesContext(connection) as context:
        assert client.get(page).status_code == 200
    return [query["sql"] for query in context.captured_queries]
