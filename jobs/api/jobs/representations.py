"""What the calls about jobs answer. Sensitive payload fields are masked."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from jobs.api.shared.links import failed_job_path, job_path
from jobs.core.attempt_error import error_summary
from jobs.core.states import FINAL_STATES, JobState
from jobs.models import Job
from jobs.services.enqueue import Enqueued
from jobs.services.visibility import masked_payload

_moment = serializers.DateTimeField()


def job_receipt(accepted: Enqueued) -> dict[str, Any]:
    """What a client needs to know of a job that was just accepted.

    No serializer and no model instance: they would take as long as all of DRF does otherwise.
    """
    job_id, request = str(accepted.job_id), accepted.request
    return {
        "id": job_id,
        "type": request.type,
        "queue": request.queue,
        "priority": request.priority,
        "state": accepted.state,
        "run_at": _moment.to_representation(accepted.run_at),
        "idempotency_key": request.idempotency_key,
        "links": {"self": job_path(job_id)},
        "duplicate": accepted.duplicate,
    }


class JobRepresentation(serializers.Serializer[Job]):
    """A job. Its rows come with `worker`, and with `failed_job_id` where that link is wanted."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    queue = serializers.CharField()
    priority = serializers.IntegerField()
    state = serializers.CharField()
    attempt = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    idempotency_key = serializers.CharField()
    payload = serializers.SerializerMethodField()
    run_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField()
    cancel_requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    worker = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    done_by = serializers.UUIDField(source="done_by_id")
    links = serializers.SerializerMethodField()

    def get_payload(self, job: Job) -> dict[str, Any]:
        return masked_payload(job.type, job.payload)

    def get_worker(self, job: Job) -> str | None:
        return job.worker.name if job.worker else None

    def get_error(self, job: Job) -> str | None:
        return error_summary(job.errors) or None

    def get_links(self, job: Job) -> dict[str, str]:
        links = {"self": job_path(job.pk)}
        if job.state not in FINAL_STATES:
            links["cancel"] = reverse("job-cancel", args=[job.pk])
        failed_job_id = getattr(job, "failed_job_id", None)
        if failed_job_id and job.state == JobState.DEAD:
            links["failed_job"] = failed_job_path(failed_job_id)
        return links
