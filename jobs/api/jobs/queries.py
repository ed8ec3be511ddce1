"""What the calls about jobs accept: one class for each body or query string."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs.api.shared.fields import JSONObjectField, MomentField, SecondsField
from jobs.api.shared.page_query import QUEUE_MAX, TYPE_MAX, PageQuery
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.conf import MAX_RETRIES_LIMIT, PRIORITY_MAX, PRIORITY_MIN
from jobs.core.states import JobState

# A job further ahead than this is a slip of units (milliseconds for seconds) or of the year.
AHEAD_MAX = timedelta(days=366)
DELAY_MAX_SECONDS = AHEAD_MAX.total_seconds()

KEY_MAX = 255  # characters


class JobSubmission(StrictSerializer):
    """The body of `POST /addJob`. What is null counts as absent.

    `jobs/api/jobs/submission.py` knows the plain cases by heart: a rule changed here changes there.
    """

    type = serializers.CharField(max_length=TYPE_MAX, trim_whitespace=False)
    payload = JSONObjectField()
    queue = serializers.CharField(
        max_length=QUEUE_MAX, required=False, allow_null=True, trim_whitespace=False
    )
    priority = serializers.IntegerField(
        min_value=PRIORITY_MIN, max_value=PRIORITY_MAX, required=False, allow_null=True
    )
    run_at = MomentField(required=False, allow_null=True)
    delay = SecondsField(min_value=0, max_value=DELAY_MAX_SECONDS, required=False, allow_null=True)
    max_retries = serializers.IntegerField(
        min_value=0, max_value=MAX_RETRIES_LIMIT, required=False, allow_null=True
    )
    idempotency_key = serializers.CharField(
        max_length=KEY_MAX, required=False, allow_null=True, trim_whitespace=False
    )

    def validate_run_at(self, run_at: datetime | None) -> datetime | None:
        """Refuses a moment too far ahead; one that is past means now."""
        if run_at is not None and run_at > timezone.now() + AHEAD_MAX:
            raise serializers.ValidationError(
                f"Give a moment at most {AHEAD_MAX.days} days ahead.", code="max_value"
            )
        return run_at

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses two answers to one question."""
        if attrs.get("run_at") is not None and attrs.get("delay") is not None:
            both = ErrorDetail("Give run_at or delay, not both.", code="run_at_and_delay")
            raise serializers.ValidationError({"delay": [both]})
        return attrs


class BulkQuery(StrictSerializer):
    """The query parameters of `POST /addJobs`."""

    atomic = serializers.BooleanField(default=False)


class JobQuery(PageQuery):
    """The query parameters of `GET /jobs`."""

    state = serializers.ChoiceField(JobState.choices, required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs that were asked for."""
        rows = super().filtered(rows)
        state = self.validated_data.get("state")
        return rows.filter(state=state) if state else rows
