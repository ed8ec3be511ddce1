"""The query parameters that the lists of jobs and of dead letters share."""

import re
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from jobs.api.shared.fields import IdField, MomentField, TextField
from jobs.api.shared.limits import IDEMPOTENCY_KEY_MAX
from jobs.api.shared.named_client import USERNAME_MAX, named_client_id
from jobs.api.shared.page_query import PageQuery
from jobs.core.fingerprint import FINGERPRINT_LENGTH
from jobs.core.ids import uuid7_since, uuid7_until
from jobs.handlers.registry import job_types
from jobs.services.queues import refuse_unknown_queue

_FINGERPRINT = re.compile(rf"^[0-9a-f]{{{FINGERPRINT_LENGTH}}}$")


class FingerprintField(TextField):
    """A fingerprint as `/failedJobs` shows it."""

    json_schema = {"type": "string", "pattern": _FINGERPRINT.pattern}


class SearchQuery(PageQuery):
    """Filters that narrow a list; all that are given must fit."""

    # The way from a row to its job, in filters.
    of_job: ClassVar[str] = ""
    # What it takes to ask for the rows of another client.
    view_permission: ClassVar[str]

    key = TextField(max_length=IDEMPOTENCY_KEY_MAX, required=False)
    schedule = IdField(required=False)
    batch = IdField(required=False)
    created_after = MomentField(required=False)
    created_before = MomentField(required=False)
    fingerprint = FingerprintField(max_length=FINGERPRINT_LENGTH, required=False)
    submitted_by = TextField(max_length=USERNAME_MAX, required=False)

    def validate_fingerprint(self, fingerprint: str) -> str:
        """A fingerprint as `/failedJobs` shows it."""
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise serializers.ValidationError("Take the fingerprint of a dead letter.")
        return fingerprint

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the query asks for.

        Raises UnknownJobType, UnknownQueue, and DRF's PermissionDenied and `ValidationError`.
        """
        rows, asked = super().filtered(rows), self.validated_data
        if (job_type := asked.get("type")) is not None:
            job_types.get(job_type)
        if (queue := asked.get("queue")) is not None:
            refuse_unknown_queue(queue)
        if (after := asked.get("created_after")) is not None:
            rows = rows.filter(created_at__gte=after, pk__gte=uuid7_since(after))
        if (before := asked.get("created_before")) is not None:
            rows = rows.filter(created_at__lt=before, pk__lt=uuid7_until(before))
        if (username := asked.get("submitted_by")) is not None:
            client_id = named_client_id(
                username=username, asks=self.context["client"], permission=self.view_permission
            )
            rows = rows.filter(submitted_by_id=client_id)
        paths = {
            "key": f"{self.of_job}idempotency_key",
            "schedule": f"{self.of_job}schedule_id",
            "batch": f"{self.of_job}batch_id",
        }
        return rows.filter(**{path: asked[name] for name, path in paths.items() if name in asked})
