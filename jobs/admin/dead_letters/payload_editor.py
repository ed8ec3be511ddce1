"""A payload is corrected in the admin: checked, shown beside what it was, then replayed."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.shared.json_field import StorableJSONField
from jobs.admin.shared.rendering import pretty_json
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import REASON_MAX
from jobs.core.errors import JobsError
from jobs.models import DeadLetter
from jobs.services.dead_letters.evidence import effect_may_have_happened, evidence_of
from jobs.services.dead_letters.payload_change import (
    MISSING,
    edited_payload,
    job_change,
    payload_differences,
)
from jobs.services.masking import masked_payload, refusal_in_words


class PayloadForm(forms.Form):
    """The payload as JSON, with sensitive fields masked, and why it is another."""

    payload = StorableJSONField(
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "vLargeTextField payload", "spellcheck": "false"}
        ),
        help_text="What is still masked keeps its value.",
    )
    reason = forms.CharField(
        required=False, max_length=REASON_MAX, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    def clean_payload(self) -> dict[str, Any]:
        """An object."""
        payload = self.cleaned_data["payload"]
        if not isinstance(payload, dict):
            raise forms.ValidationError("Enter a JSON object.", code="invalid")
        return payload

    def clean_reason(self) -> str:
        """Without what PostgreSQL does not store."""
        return str(self.cleaned_data["reason"]).replace("\x00", "")


def empty_form(letter: DeadLetter) -> PayloadForm:
    """With the payload as it is."""
    return PayloadForm(initial={"payload": masked_payload(letter.type, letter.payload)})


def is_fitting(form: PayloadForm, letter: DeadLetter) -> bool:
    """Whether the type takes the payload; if not, the form says why."""
    if not form.is_valid():
        return False
    edited = edited_payload(letter.type, letter.payload, form.cleaned_data["payload"])
    try:
        change = job_change(job_type=letter.type, queue=letter.queue, payload=edited)
    except JobsError as error:
        form.add_error("payload", refusal_in_words(letter.type, error))
        return False
    form.cleaned_data["differences"] = payload_differences(
        letter.type, letter.payload, change.payload
    )
    return True


def editor_page(
    model_admin: ModelAdmin, request: HttpRequest, letter: DeadLetter, form: PayloadForm
) -> HttpResponse:
    """The editor; once the payload fits, what changes, and the question whether that is meant."""
    request.current_app = model_admin.admin_site.name
    is_checked = "differences" in getattr(form, "cleaned_data", {})
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "title": "Replay with another payload",
        "crumb": "Another payload",
        "original": letter,
        "letter": letter,
        "form": form,
        "may_have_happened": effect_may_have_happened(letter),
        "evidence": evidence_of(letter).items(),
        "is_checked": is_checked,
    }
    if is_checked:
        context |= {
            "payload": json.dumps(form.cleaned_data["payload"], ensure_ascii=False),
            "reason": form.cleaned_data["reason"],
            "differences": [
                (one.field, _shown(one.before), _shown(one.after))
                for one in form.cleaned_data["differences"]
            ],
        }
    return TemplateResponse(request, "admin/jobs/deadletter/editor.html", context)


def _shown(value: Any) -> str:
    """The empty text for a field that is not there."""
    return "" if value is MISSING else pretty_json(value)
