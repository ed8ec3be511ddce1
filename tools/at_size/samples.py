"""What is asked for: rows of the demonstration by their ids, keys and names."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from jobs.core.states import JobState, RedriveState, Resolution
from jobs.models import Batch, DeadLetter, Job, Redrive, Schedule
from tools.at_size.rest import Values

# Nothing is called so, and nothing has this id.
UNKNOWN, _UNKNOWN_ID = "nothing-is-called-so", "01890000-0000-7000-8000-000000000000"
_MONTH_DAYS = 30


def search_terms() -> list[str]:
    """What a person searches for: an id, a key, a request, and what is not there."""
    keyed = Job.objects.filter(idempotency_key__startswith="order-").order_by("-id").first()
    letter = DeadLetter.objects.order_by("-id").first()
    rows = [str(letter.job_id)] if letter else []
    if keyed is not None:
        rows += [str(keyed.idempotency_key), str(keyed.request_id)]
    return [*rows, "demo-shop", "demo-operator", UNKNOWN, _UNKNOWN_ID]


def rest_values() -> Values:
    """A few values of each parameter: common, rare and unknown ones."""
    old = (timezone.now() - timedelta(days=_MONTH_DAYS // 2)).isoformat()
    keyed = Job.objects.filter(idempotency_key__startswith="order-").order_by("-id").first()
    ids = [str(job.id) for job in _one_of_each_state()]
    letters = [str(one.id) for one in DeadLetter.objects.order_by("-id")[:1]]
    prints = list(DeadLetter.objects.order_by("id").values_list("fingerprint", flat=True)[:3])
    batches = [str(one.id) for one in Batch.objects.order_by("id")[:1]]
    redrives = [str(one.id) for one in Redrive.objects.order_by("id")[:1]]
    schedules = [str(one.id) for one in Schedule.objects.order_by("id")[:1]]
    return {
        "state": [*JobState.values, "queued,running", "dead,expired"],
        "resolution": ["any", *Resolution.values],
        "type": ["send_email", "send_welcome_email", "http_request"],
        "queue": ["default", "emails", "bulk"],
        "key": [str(keyed.idempotency_key) if keyed else UNKNOWN, UNKNOWN],
        "submitted_by": ["demo-shop", "demo-lab"],
        "created_after": [old],
        "created_before": [old],
        "since": [old],
        "fingerprint": [*prints, "0" * 16],
        "batch": [*batches, _UNKNOWN_ID],
        "schedule": [*schedules, _UNKNOWN_ID],
        "limit": ["200"],
        "name": ["demo-daily-report", UNKNOWN],
        "completed": ["true", "false"],
        "paused": ["true", "false"],
        "/v1/redrives:state": RedriveState.values,
        "/v1/redrives/{id}:id": redrives,
        "/v1/jobs/{id}:id": ids,
        "/v1/failedJobs/{id}:id": letters,
        "/v1/batches/{id}:id": batches,
        "/v1/schedules/{id}:id": schedules,
        "/v1/jobTypes/{name}:name": ["send_email"],
        "/v1/queues/{name}:name": ["bulk"],
        "/v1/limits/{name}:name": ["queue:bulk"],
    }


def _one_of_each_state() -> Iterator[Job]:
    for state in JobState.values:
        yield from Job.objects.filter(state=state).order_by("id")[:1]
