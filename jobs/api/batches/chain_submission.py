"""What a client asks for becomes a chain."""

from typing import Any, NamedTuple
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail

from jobs.api.jobs.submission import job_request
from jobs.api.shared.fields import IdField
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.services.chains import CHAIN_JOBS_MAX
from jobs.services.enqueue import JobRequest


class ChainJobsField(serializers.JSONField):
    """A list of jobs, as `POST /addJob` takes them, without idempotency keys."""

    def to_internal_value(self, data: Any) -> Any:
        """The requests; the pointers of errors lead into the jobs."""
        if not isinstance(data, list):
            raise serializers.ValidationError("Give a list of jobs.", "not_a_list")
        if not 1 <= len(data) <= CHAIN_JOBS_MAX:
            raise serializers.ValidationError(
                f"A chain has 1 to {CHAIN_JOBS_MAX} jobs, and this one has {len(data)}.", "length"
            )
        requests, errors = [], {}
        for index, item in enumerate(data):
            try:
                requests.append(_request(item))
            except APIException as error:
                errors[str(index)] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return requests


def _request(item: Any) -> JobRequest:
    request = job_request(item)
    if request.idempotency_key is not None:
        given = ErrorDetail(
            "A job of a chain has none: send the header Idempotency-Key with the call instead.",
            code="given",
        )
        raise serializers.ValidationError({"idempotency_key": [given]})
    return request


class ChainSubmission(StrictSerializer):
    """The body of `POST /chains`."""

    jobs = ChainJobsField()
    batch = IdField(required=False, allow_null=True)


class AskedChain(NamedTuple):
    """What is asked for."""

    requests: list[JobRequest]
    batch_id: UUID | None


def chain_submission(data: Any) -> AskedChain:
    """What the body of `POST /chains` asks for; raises DRF's `ValidationError`."""
    submission = ChainSubmission(data=data)
    submission.is_valid(raise_exception=True)
    values = submission.validated_data
    return AskedChain(values["jobs"], values.get("batch"))
