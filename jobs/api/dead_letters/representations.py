"""What the calls about dead letters answer. Sensitive payload fields are masked."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from jobs.api.shared.links import failed_job_path, job_path
from jobs.models import DeadLetter
from jobs.services.visibility import masked_payload


class DeadLetterRepresentation(serializers.Serializer[DeadLetter]):
    """A dead letter with every attempt. Its rows come with `submitted_by`."""

    id = serializers.UUIDField()
    job_id = serializers.UUIDField()
    type = serializers.CharField()
    queue = serializers.CharField()
    payload = serializers.SerializerMethodField()
    reason = serializers.CharField()
    error = serializers.CharField()
    attempts = serializers.JSONField()
    submitted_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    resolution = serializers.SerializerMethodField()
    resolved_at = serializers.DateTimeField()
    links = serializers.SerializerMethodField()

    def get_payload(self, dead_letter: DeadLetter) -> dict[str, Any]:
        return masked_payload(dead_letter.type, dead_letter.payload)

    def get_submitted_by(self, dead_letter: DeadLetter) -> str | None:
        user = dead_letter.submitted_by
        return user.get_username() if user else None

    def get_resolution(self, dead_letter: DeadLetter) -> str:
        return dead_letter.resolution or "waiting"

    def get_links(self, dead_letter: DeadLetter) -> dict[str, str]:
        return {
            "self": failed_job_path(dead_letter.pk),
            "job": job_path(dead_letter.job_id),
            "replay": reverse("failed-job-replay", args=[dead_letter.pk]),
        }
