"""What the calls accept: one class for each body or query string."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs.api.fields import JSONObjectField, MomentField, SecondsField
from jobs.api.pagination import LIMIT_DEFAULT, LIMIT_MAX, Cursor
from jobs.conf import MAX_RETRIES_LIMIT, PRIORITY_MAX, PRIORITY_MIN
from jobs.ids import uuid7_floor
from jobs.states import JobState, Resolution

# A job further ahead than this is a slip of units (milliseconds for seconds) or of the year.
AHEAD_MAX = timedelta(days=366)
DELAY_MAX_SECONDS = AHEAD_MAX.total_seconds()

TYPE_MAX, QUEUE_MAX, KEY_MAX = 100, 63, 255  # characters

_UNKNOWN_NAMED_MAX = 20

# Of dead letters; beside the resolutions themselves.
WAITING, ANY = "waiting", "any"

_CLOCKS_DIFFER_MAX = timedelta(hours=1)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelled option must not be ignored in silence."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The validated fields; errors of unknown and of known ones are reported together."""
        errors = self._unknown(data) if isinstance(data, dict) else {}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not errors or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**errors, **error.detail}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _unknown(self, data: dict[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = ", ".join(self.fields)
        unknown = [name for name in data if name not in self.fields][:_UNKNOWN_NAMED_MAX]
        detail = ErrorDetail(f"Unknown; known are: {known}.", code="unknown_field")
        return {name: [detail] for name in unknown}


class JobSubmission(StrictSerializer):
    """The body of `POST /addJob`. What is null counts as absent.

    `jobs/api/submission.py` knows the plain cases by heart: a rule changed here changes there.
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


class PageQuery(StrictSerializer):
    """The query parameters that every list has."""

    limit = serializers.IntegerField(min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT)
    cursor = serializers.CharField(default=None)
    type = serializers.CharField(max_length=TYPE_MAX, required=False)
    queue = serializers.CharField(max_length=QUEUE_MAX, required=False)

    def validate_cursor(self, cursor: str | None) -> Cursor | None:
        """The cursor; one that this service did not write is refused."""
        if cursor is None:
            return None
        try:
            return Cursor.decode(cursor)
        except ValueError:
            raise serializers.ValidationError(
                "Take the cursor from next or prev of a page.", code="bad_cursor"
            ) from None

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that were asked for."""
        asked = {name: self.validated_data.get(name) for name in ("type", "queue")}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


class JobQuery(PageQuery):
    """The query parameters of `GET /jobs`."""

    state = serializers.ChoiceField(JobState.choices, required=False)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs that were asked for."""
        rows = super().filtered(rows)
        state = self.validated_data.get("state")
        return rows.filter(state=state) if state else rows


class DeadLetterQuery(PageQuery):
    """The query parameters of `GET /failedJobs`."""

    since = MomentField(required=False)
    resolution = serializers.ChoiceField([WAITING, *Resolution.values, ANY], default=WAITING)

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The dead letters that were asked for."""
        rows = super().filtered(rows)
        if (resolution := self.validated_data["resolution"]) != ANY:
            rows = rows.filter(resolution="" if resolution == WAITING else resolution)
        if since := self.validated_data.get("since"):
            rows = rows.filter(created_at__gte=since, pk__gte=_id_floor(since))
        return rows


def _id_floor(since: datetime) -> UUID:
    """Less than the id of any row made since then. Bounds the walk through the index.

    Ids come from the clocks of the workers, `created_at` from that of the database.
    """
    return uuid7_floor(max(0.0, since.timestamp() - _CLOCKS_DIFFER_MAX.total_seconds()))
