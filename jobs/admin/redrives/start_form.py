"""What a person says of a redrive that is to start."""

from typing import Any

from django import forms

from jobs.admin.shared.json_field import StorableJSONField
from jobs.core.actor import REASON_MAX
from jobs.services.redrives.start import (
    RATE_DEFAULT,
    RATE_MAX,
    RATE_MIN,
    STOP_AT_PERCENT_DEFAULT,
)


class RedriveForm(forms.Form):
    """How fast, when it stops by itself, with which change, and why."""

    rate = forms.FloatField(
        min_value=RATE_MIN,
        max_value=RATE_MAX,
        initial=f"{RATE_DEFAULT:g}",
        help_text="Dead letters a second, for all workers together.",
    )
    stop_at_percent = forms.IntegerField(
        label="Stop by itself at (%)",
        min_value=1,
        max_value=100,
        required=False,
        initial=STOP_AT_PERCENT_DEFAULT,
        help_text="Stops by itself when so many of the last are dead again; never if empty.",
    )
    include_interrupted = forms.BooleanField(
        label="Also those that were cut off",
        required=False,
        help_text="Their effect may have happened. Look whether it has first.",
    )
    changes = StorableJSONField(
        label="Changes of the payload",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text='Payload fields that each job gets, as JSON: {"field": "value"}. Empty for none.',
    )
    reason = forms.CharField(
        required=False, max_length=REASON_MAX, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    def clean_changes(self) -> dict[str, Any] | None:
        """An object, or None."""
        changes = self.cleaned_data["changes"]
        if changes in (None, "", {}):
            return None
        if not isinstance(changes, dict):
            raise forms.ValidationError('Enter a JSON object: {"field": "value"}.', code="invalid")
        return changes

    def clean_reason(self) -> str:
        """Without what PostgreSQL does not store."""
        return str(self.cleaned_data["reason"]).replace("\x00", "")
