"""What the calls answer: jobs and dead letters as JSON. Sensitive payload fields are masked."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.urls import get_script_prefix, reverse
from rest_framework import serializers

from jobs.models import DeadLetter, Job
from jobs.selectors import masked_payload
from jobs.services.enqueue import Enqueued
from jobs.states import FINAL_STATES, JobState

_ANY_ID = UUID(int=0)
_moment = serializers.DateTimeField()


def job_path(job_id: Any) -> str:
    """The path of one job."""
    return job_path_prefix() + str(job_id)


def job_path_prefix() -> str:
    """What the path of a job has before its id."""
    return _job_path_prefix(get_script_prefix())


@lru_cache(maxsize=8)
def _job_path_prefix(script_prefix: str) -> str:
    # Looking it up would take as long as all else that is said of an accepted job.
    return reverse("job", args=[_ANY_ID]).removesuffix(str(_ANY_ID))


def failed_job_path(dead_letter_id: Any) -> str:
    """The path of one dead letter."""
    return reverse("failed-job", args=[dead_letter_id])


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
    owner = serializers.UUIDField(source="owner_id")
    links = serializers.SerializerMethodField()

    def get_payload(self, job: Job) -> dict[str, Any]:
        return masked_payload(job.type, job.payload)

    def get_worker(self, job: Job) -> str | None:
        return job.worker.name if job.worker else None

    def get_error(self, job: Job) -> str | None:
        return _one_line(job.errors[-1]) if job.errors else None

    def get_links(self, job: Job) -> dict[str, str]:
        links = {"self": job_path(job.pk)}
        if job.state not in FINAL_STATES:
            links["cancel"] = reverse("job-cancel", args=[job.pk])
        failed_job_id = getattr(job, "failed_job_id", None)
        if failed_job_id and job.state == JobState.DEAD:
            links["failed_job"] = failed_job_path(failed_job_id)
        return links


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


def _one_line(error: dict[str, Any]) -> str:
    message = str(error.get("message") or "").strip().partition("\n")[0]
    return ": ".join(part for part in (str(error.get("error") or ""), message) if part)
