"""The body of `PATCH /jobs/<id>`: what is to be another."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs.api.jobs.submission import JobSubmission
from jobs.api.shared.fields import JSONObjectField, TextField
from jobs.core.http_hosts import URL_MAX
from jobs.services.edit import JobChanges

# Characters.
REASON_MAX = 500
FIELDS = ("run_at", "delay", "priority", "queue", "payload", "callback_url")


class JobEdit(JobSubmission):
    """The fields of a submission that can be changed. What is null counts as absent."""

    type = None  # type: ignore[assignment]
    max_retries = None  # type: ignore[assignment]
    idempotency_key = None  # type: ignore[assignment]
    expires_at = None  # type: ignore[assignment]
    expires_in = None  # type: ignore[assignment]
    payload = JSONObjectField(required=False, allow_null=True)
    # An empty one takes it away.
    callback_url = TextField(max_length=URL_MAX, required=False, allow_null=True, allow_blank=True)
    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses an edit of nothing."""
        attrs = super().validate(attrs)
        if all(value is None for name, value in attrs.items() if name != "reason"):
            nothing = ErrorDetail(f"Give one of {', '.join(FIELDS)}.", code="nothing_to_edit")
            raise serializers.ValidationError([nothing])
        return attrs


_edit = JobEdit()


def job_changes(body: Any) -> tuple[JobChanges, str]:
    """What the body asks for, and its reason. Raises DRF's `ValidationError`."""
    values = _edit.validated(body)
    reason = values.pop("reason", None) or ""
    return JobChanges(**values), reason
