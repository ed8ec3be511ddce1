"""The forms in which staff edit a job that has not started, and make a new one of an old one."""

from typing import Any

from django import forms

from jobs.admin.shared.json_field import StorableJSONField
from jobs.core.actor import REASON_MAX
from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN, jobs_conf
from jobs.core.errors import JobsError, PayloadInvalid
from jobs.models import Job
from jobs.services.edit import JobChanges
from jobs.services.masking import masked_payload, refusal_in_words, unmasked_payload


class JobForm(forms.Form):
    """What may be another. Sensitive values are masked; those that stay masked are kept."""

    payload = StorableJSONField(
        widget=forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"})
    )
    queue = forms.ChoiceField()
    priority = forms.IntegerField(min_value=PRIORITY_MIN, max_value=PRIORITY_MAX)
    delay_seconds = forms.FloatField(
        min_value=0,
        max_value=366 * DAY_SECONDS,
        required=False,
        label="Run in (seconds)",
        help_text="Empty: as it is now, or at once if it is new.",
    )
    reason = forms.CharField(
        max_length=REASON_MAX, required=False, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    def __init__(self, job: Job, data: Any = None) -> None:
        initial = {
            "payload": masked_payload(job.type, job.payload),
            "queue": job.queue,
            "priority": job.priority,
        }
        super().__init__(data, initial=initial)
        self._job = job
        names = dict.fromkeys([*jobs_conf().queues, job.queue])
        self.fields["queue"] = forms.ChoiceField(choices=[(name, name) for name in names])
        self.order_fields(["payload", "queue", "priority", "delay_seconds", "reason"])

    def clean_payload(self) -> dict[str, Any]:
        """The payload with the values that were shown masked."""
        payload = self.cleaned_data["payload"]
        if not isinstance(payload, dict):
            raise forms.ValidationError('Give a JSON object, for example {"order_id": 7}.')
        return unmasked_payload(self._job.type, payload, self._job.payload)

    def changes(self) -> JobChanges:
        """What is another than it was."""
        said, job = self.cleaned_data, self._job
        return JobChanges(
            delay_seconds=said["delay_seconds"],
            priority=said["priority"] if said["priority"] != job.priority else None,
            queue=said["queue"] if said["queue"] != job.queue else None,
            payload=said["payload"] if said["payload"] != job.payload else None,
        )

    def refused(self, error: JobsError) -> None:
        """Says what a service has refused, at the field that it is about."""
        if isinstance(error, PayloadInvalid):
            self.add_error("payload", refusal_in_words(self._job.type, error))
        else:
            self.add_error(None, f"{error}.")
