"""The body of `PATCH /jobs/<id>`: what is to be another."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs.api.jobs.submission import JobSubmission
from jobs.api.shared.fields import JSONObjectField, TextField
from jobs.core.actor import REASON_MAX
from jobs.core.http_hosts import URL_MAX
from jobs.services.edit import JobChanges

FIELDS = ("run_at", "delay", "priority", "queue", "payload", "callback_url")
_TAKEN = frozenset({*FIELDS, "reason"})


class JobEdit(JobSubmission):
    """The fields of a submission that can be changed. What is null counts as absent."""

    payload = JSONObjectField(required=False, allow_null=True)
    # An empty one takes it away.
    callback_url = TextField(max_length=URL_MAX, required=False, allow_null=True, allow_blank=True)
    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """No others, whatever a submission may have."""
        return {name: one for name, one in super().get_fields().items() if name in _TAKEN}

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
