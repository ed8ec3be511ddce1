"""The addresses of the admin's pages."""

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse

from jobs.models import DeadLetter, Job, ProcessedKey, Worker

LEDGER: list[type[Model]] = [Job, DeadLetter, ProcessedKey, Worker]


def list_page(model: type[Model], **filters: Any) -> str:
    """The list of a model's records."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return f"{reverse(f'admin:jobs_{model._meta.model_name}_changelist')}?{query}"


def record_page(record: Model) -> str:
    """The page of one record."""
    return reverse(f"admin:jobs_{record._meta.model_name}_change", args=[quote(str(record.pk))])
