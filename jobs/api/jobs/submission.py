"""What a client asks for becomes a `JobRequest`."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail

from jobs.api.shared.fields import (
    JSONObjectField,
    MomentField,
    SecondsField,
    TextField,
    WholeNumberField,
)
from jobs.api.shared.limits import IDEMPOTENCY_KEY_MAX, QUEUE_MAX, TYPE_MAX
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.conf import MAX_RETRIES_LIMIT, PRIORITY_MAX, PRIORITY_MIN
from jobs.core.http_hosts import URL_MAX
from jobs.core.limit import FAIRNESS_KEY_MAX
from jobs.services.enqueue import JobRequest

# A job further ahead than this is a slip of units (milliseconds for seconds) or of the year.
AHEAD_MAX = timedelta(days=366)
EXPIRES_IN_MIN_SECONDS = 0.1
DELAY_MAX_SECONDS = AHEAD_MAX.total_seconds()


class JobSubmission(StrictSerializer):
    """The body of `POST /addJob`, or an item of `POST /addJobs`. What is null counts as absent.

    The fields are the arguments of `JobRequest`.
    """

    type = TextField(max_length=TYPE_MAX)
    payload = JSONObjectField()
    queue = TextField(max_length=QUEUE_MAX, required=False, allow_null=True)
    priority = WholeNumberField(
        min_value=PRIORITY_MIN, max_value=PRIORITY_MAX, required=False, allow_null=True
    )
    run_at = MomentField(required=False, allow_null=True)
    delay = SecondsField(
        source="delay_seconds",
        min_value=0,
        max_value=DELAY_MAX_SECONDS,
        required=False,
        allow_null=True,
    )
    expires_at = MomentField(required=False, allow_null=True)
    expires_in = SecondsField(
        source="expires_in_seconds",
        min_value=EXPIRES_IN_MIN_SECONDS,
        max_value=DELAY_MAX_SECONDS,
        required=False,
        allow_null=True,
    )
    max_retries = WholeNumberField(
        min_value=0, max_value=MAX_RETRIES_LIMIT, required=False, allow_null=True
    )
    idempotency_key = TextField(max_length=IDEMPOTENCY_KEY_MAX, required=False, allow_null=True)
    fairness_key = TextField(max_length=FAIRNESS_KEY_MAX, required=False, allow_null=True)
    callback_url = TextField(max_length=URL_MAX, required=False, allow_null=True)

    def validate_run_at(self, run_at: datetime | None) -> datetime | None:
        """Refuses a moment too far ahead; one that is past means now."""
        if run_at is not None and run_at > timezone.now() + AHEAD_MAX:
            raise serializers.ValidationError(
                f"Give a moment at most {AHEAD_MAX.days} days ahead.", code="max_value"
            )
        return run_at

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses two answers to one question."""
        if attrs.get("run_at") is not None and attrs.get("delay_seconds") is not None:
            both = ErrorDetail("Give run_at or delay, not both.", code="run_at_and_delay")
            raise serializers.ValidationError({"delay": [both]})
        _refuse_expiry_before_start(attrs)
        return attrs


def _refuse_expiry_before_start(attrs: dict[str, Any]) -> None:
    """A job that expires before it may run would never run."""
    expires_at, expires_in = attrs.get("expires_at"), attrs.get("expires_in_seconds")
    if expires_at is None and expires_in is None:
        return
    if expires_at is not None and expires_in is not None:
        both = ErrorDetail("Give expires_at or expires_in, not both.", code="two_expiries")
        raise serializers.ValidationError({"expires_in": [both]})
    name = "expires_at" if expires_in is None else "expires_in"
    now = timezone.now()
    ends_at = expires_at or now + timedelta(seconds=expires_in or 0)
    run_at = attrs.get("run_at") or now + timedelta(seconds=attrs.get("delay_seconds") or 0)
    if ends_at <= max(run_at, now):
        detail = ErrorDetail(
            "It would never run: give a moment after now, and after run_at or delay.",
            code="expires_before_it_may_run",
        )
        raise serializers.ValidationError({name: [detail]})


_submission = JobSubmission()


def job_request(data: Any) -> JobRequest:
    """The request in the body of `/addJob`, or in an item of `/addJobs`.

    Raises DRF's `ValidationError`, or the error that the parser has put in the place of an item.
    """
    if isinstance(data, APIException):  # the parser could not make a value of it
        raise data
    return JobRequest(**_submission.validated(data))
