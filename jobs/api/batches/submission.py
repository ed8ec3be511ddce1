"""What a client asks for becomes a batch."""

from typing import Any, NamedTuple

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs.api.jobs.submission import job_request
from jobs.api.shared.fields import TextField
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.http_hosts import URL_MAX
from jobs.services.enqueue import JobRequest

NAME_MAX = 200


class CallbackField(serializers.JSONField):
    """A job, as `POST /addJob` takes it; its idempotency key is the batch's."""

    json_schema = {"$ref": "#/components/schemas/JobSubmission"}

    def to_internal_value(self, data: Any) -> Any:
        """The request; the pointers of its errors lead into the callback."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give a JSON object.", "not_an_object")
        request = job_request(data)
        if request.idempotency_key is not None:
            given = ErrorDetail("A callback has the key of its batch: leave this out.", "given")
            raise serializers.ValidationError({"idempotency_key": [given]})
        return request


class BatchSubmission(StrictSerializer):
    """The body of `POST /batches`. What is null counts as absent."""

    name = TextField(max_length=NAME_MAX, required=False, allow_null=True)
    on_success = CallbackField(required=False, allow_null=True)
    on_completion = CallbackField(required=False, allow_null=True)
    callback_url = TextField(max_length=URL_MAX, required=False, allow_null=True)


class AskedBatch(NamedTuple):
    """What is asked for."""

    name: str
    on_success: JobRequest | None
    on_completion: JobRequest | None
    callback_url: str | None


def batch_submission(data: Any) -> AskedBatch:
    """What the body of `POST /batches` asks for; raises DRF's `ValidationError`."""
    submission = BatchSubmission(data=data)
    submission.is_valid(raise_exception=True)
    values = submission.validated_data
    asked = (values.get(name) for name in ("on_success", "on_completion", "callback_url"))
    return AskedBatch(values.get("name") or "", *asked)
