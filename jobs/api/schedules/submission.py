"""What a client asks for becomes a `ScheduleSpec`, or changes of one."""

from typing import Any

from rest_framework import serializers

from jobs.api.shared.fields import (
    JSONObjectField,
    MomentField,
    SwitchField,
    TextField,
    WholeNumberField,
)
from jobs.api.shared.limits import QUEUE_MAX, TYPE_MAX
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN
from jobs.core.cron import TEXT_MAX
from jobs.core.fire_rule import Missed, Overlap
from jobs.core.http_hosts import URL_MAX
from jobs.core.schedule_spec import ScheduleSpec
from jobs.services.schedules.spec import NAME_MAX

ZONE_MAX = 64
# What these fields are if they are null. Of all others, null is what is stored.
_NULL_IS = {name: ScheduleSpec._field_defaults[name] for name in ("timezone", "missed", "overlap")}


class NumberField(serializers.FloatField):
    """A JSON number; no text and no boolean. Which ones make sense, the service says."""

    def to_internal_value(self, data: Any) -> float:
        """The number itself."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return data


class ScheduleSubmission(StrictSerializer):
    """The body of `POST /schedules`; of a PATCH, some of its fields. Null counts as absent."""

    name = TextField(max_length=NAME_MAX)
    type = TextField(max_length=TYPE_MAX)
    payload = JSONObjectField()
    cron = TextField(max_length=TEXT_MAX, required=False, allow_null=True)
    every_seconds = NumberField(required=False, allow_null=True)
    timezone = TextField(max_length=ZONE_MAX, required=False, allow_null=True)
    queue = TextField(max_length=QUEUE_MAX, required=False, allow_null=True)
    priority = WholeNumberField(
        min_value=PRIORITY_MIN, max_value=PRIORITY_MAX, required=False, allow_null=True
    )
    missed = serializers.ChoiceField(Missed.choices, required=False, allow_null=True)
    overlap = serializers.ChoiceField(Overlap.choices, required=False, allow_null=True)
    starts_at = MomentField(required=False, allow_null=True)
    ends_at = MomentField(required=False, allow_null=True)
    callback_url = TextField(max_length=URL_MAX, required=False, allow_null=True)
    paused = SwitchField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values, with the defaults of what is null."""
        return {
            name: _NULL_IS.get(name) if value is None else value for name, value in attrs.items()
        }


def schedule_submission(data: Any) -> tuple[ScheduleSpec, bool]:
    """What is asked for, and whether it begins paused; raises DRF's `ValidationError`."""
    submission = ScheduleSubmission(data=data)
    submission.is_valid(raise_exception=True)
    values = dict(submission.validated_data)
    paused = values.pop("paused", False)
    return ScheduleSpec(**values), paused


def schedule_changes(data: Any) -> dict[str, Any]:
    """The fields that a PATCH changes; raises DRF's `ValidationError`."""
    submission = ScheduleSubmission(data=data, partial=True)
    submission.is_valid(raise_exception=True)
    return dict(submission.validated_data)
