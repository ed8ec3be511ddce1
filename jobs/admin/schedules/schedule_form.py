"""The form in which staff make and change a schedule; what makes no sense is said at its field."""

from typing import Any

from django import forms

from jobs.admin.shared.json_field import StorableJSONField
from jobs.core.errors import (
    JobsError,
    PayloadInvalid,
    PayloadTooLarge,
    ScheduleInvalid,
    UnknownJobType,
    UnknownQueue,
)
from jobs.core.request_errors import CallbackUrlRefused
from jobs.core.schedule_spec import ScheduleSpec
from jobs.handlers.registry import job_types
from jobs.models import Schedule
from jobs.services.masking import masked_payload, unmasked_payload
from jobs.services.schedules.spec import check_spec
from jobs.sql.statements import database_now

FIELDS = [*ScheduleSpec._fields, "paused"]


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows sensitive fields of the payload masked; those that stay masked keep their values."""

    class Meta:
        model = Schedule
        fields = FIELDS
        field_classes = {"payload": StorableJSONField}
        labels = {
            "every_seconds": "Every (seconds)",
            "timezone": "Time zone",
            "missed": "Missed runs",
            "starts_at": "Starts at (UTC)",
            "ends_at": "Ends at (UTC)",
            "callback_url": "Callback URL",
        }
        widgets = {"callback_url": forms.TextInput(attrs={"class": "vTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = dict(self.instance.payload)
        self._stored_type = self.instance.type
        if "payload" in self.fields and self._stored:
            self.initial["payload"] = masked_payload(self._stored_type, self._stored)
        if "type" in self.fields:
            names = list(dict.fromkeys([*job_types.names(), *filter(None, [self._stored_type])]))
            self.fields["type"] = forms.ChoiceField(choices=[(name, name) for name in names])

    def clean_payload(self) -> dict[str, Any]:
        """The payload with the values that were shown masked."""
        payload = self.cleaned_data["payload"]
        if not isinstance(payload, dict):
            raise forms.ValidationError('Give a JSON object, for example {"order_id": 7}.')
        becomes = self.cleaned_data.get("type")
        try:
            return unmasked_payload(self._stored_type, payload, self._stored, becomes=becomes)
        except PayloadInvalid as error:
            raise forms.ValidationError(_in_words(error.errors)) from error

    def clean(self) -> dict[str, Any]:
        """Checks what is asked for as a whole, as the service will."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                check_spec(self.spec(), database_now())
            except JobsError as error:
                for field, text in _field_errors(error):
                    self.add_error(field if field in self.fields else None, text)
        return values

    def spec(self) -> ScheduleSpec:
        """What is asked for; empty fields are those that the type and the settings decide."""
        values: dict[str, Any] = {
            name: self.cleaned_data.get(name) for name in ScheduleSpec._fields
        }
        return ScheduleSpec(
            **{
                **values,
                **{name: values[name] or None for name in ("cron", "queue", "callback_url")},
            }
        )

    def _get_validation_exclusions(self) -> set[str]:
        # The constraint of cron and interval is said by `clean`, in words.
        return {*super()._get_validation_exclusions(), "cron", "every_seconds"}  # type: ignore[misc]


def _field_errors(error: JobsError) -> list[tuple[str, Any]]:
    match error:
        case ScheduleInvalid():
            return [(field, text) for field, texts in error.errors.items() for text in texts]
        case UnknownJobType():
            return [("type", str(error))]
        case CallbackUrlRefused():
            return [("callback_url", text) for text in error.sentences]
        case UnknownQueue():
            return [("queue", str(error))]
        case PayloadInvalid():
            return [("payload", f"It does not fit the type: {_in_words(error.errors)}")]
        case PayloadTooLarge():
            return [("payload", str(error))]
        case _:
            return [("", str(error))]


def _in_words(errors: Any) -> str:
    """The errors of a serializer: `text: This field is required.`"""
    if not isinstance(errors, dict):
        return str(errors)
    return " ".join(
        f"{field}: {' '.join(map(str, texts)) if isinstance(texts, list) else texts}"
        for field, texts in errors.items()
    )
