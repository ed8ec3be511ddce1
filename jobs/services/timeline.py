"""What has happened to one job, in the order of time: its row, its attempts, its dead letters, and
what people did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.core.attempt_error import RecordedError, shown_attempts
from jobs.core.states import FINAL_STATES, DeathReason, JobState, Resolution
from jobs.models import DeadLetter, Event, Job, Schedule, Worker

# Of each kind; a job that was replayed a hundred times has more, and the newest say enough.
DEAD_LETTERS_SHOWN, EVENTS_SHOWN = 50, 100


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened.

    `what`: one word, such as `claimed`; `text`: a clause about it. `seconds`: of an attempt, how
    long it took; of anything else, how long the job had waited for it; None where nobody knows.
    `attempt`: which one it is about. `traceback`: of an attempt that failed, for those who may see
    it. `reason`: why a person did it.
    """

    at: datetime
    what: str
    text: str
    seconds: float | None = None
    attempt: int | None = None
    traceback: str | None = None
    reason: str = ""


def job_timeline(
    job: Job, *, with_tracebacks: bool = False, with_events: bool = False
) -> list[TimelineEntry]:
    """The entries, the oldest first. Costs up to five queries.

    `with_tracebacks`, `with_events`: whether the reader may see tracebacks, and who did what. The
    row keeps the moments of its last claim alone: of earlier attempts only how they ended is known,
    and since when they ran.
    """
    entries = [
        *_accepted(job),
        *_attempts(job, with_tracebacks=with_tracebacks),
        *_last_claim(job),
        *_letters(job, with_events=with_events),
        *(_events(job) if with_events else ()),
        *_end(job),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _accepted(job: Job) -> Iterator[TimelineEntry]:
    yield TimelineEntry(job.created_at, "accepted", f"accepted from {_submitter(job)}")
    if job.held_by is not None or job.dispatched_at > datetime.now(UTC):
        return  # it waits for a limit, or for its moment
    yield TimelineEntry(
        job.dispatched_at,
        "dispatched",
        f"dispatched to the queue {job.queue}",
        _between(job.created_at, job.dispatched_at) if not job.errors else None,
    )


def _submitter(job: Job) -> str:
    if job.schedule_id:
        schedule = Schedule.objects.filter(pk=job.schedule_id).values_list("name", flat=True)
        return f"the schedule {schedule.first() or job.schedule_id}"
    if job.client_left_at is not None:
        return "an account that was deleted"
    return job.submitted_by.get_username() if job.submitted_by else "code"


def _attempts(job: Job, *, with_tracebacks: bool) -> Iterator[TimelineEntry]:
    shown = shown_attempts(job.errors, with_tracebacks=with_tracebacks)
    for error, one in zip(job.errors, shown, strict=True):
        said = f"{one['error']}: {one['message']}" if one["message"] else one["error"]
        number, ended_at, seconds = one["attempt"], _ended_at(error), error.get("seconds")
        if seconds is not None and not _is_last_claim(job, error):
            began_at = ended_at - timedelta(seconds=seconds)
            yield TimelineEntry(
                began_at, "started", f"attempt {number} on worker {one['worker']}", attempt=number
            )
        yield TimelineEntry(
            ended_at,
            "failed",
            f"attempt {number} on worker {one['worker']}: {said}",
            seconds,
            number,
            one.get("traceback"),
        )


def _ended_at(error: RecordedError) -> datetime:
    return datetime.fromisoformat(error["at"])


def _is_last_claim(job: Job, error: RecordedError) -> bool:
    """Whether the moments in the row are those of this attempt."""
    return error["attempt"] == job.attempt and job.claimed_at is not None


def _last_claim(job: Job) -> Iterator[TimelineEntry]:
    if job.claimed_at is None:
        return
    text = f"attempt {job.attempt} on worker {_worker_name(job)}"
    waited = _between(job.dispatched_at, job.claimed_at)
    yield TimelineEntry(job.claimed_at, "claimed", text, waited, job.attempt)
    if job.started_at is not None:
        waited = _between(job.claimed_at, job.started_at)
        yield TimelineEntry(job.started_at, "started", text, waited, job.attempt)


def _worker_name(job: Job) -> str:
    if job.worker_id is None:
        return "unknown"
    named = Worker.objects.filter(pk=job.worker_id).values_list("name", flat=True).first()
    return named or str(job.worker_id)


def _letters(job: Job, *, with_events: bool) -> Iterator[TimelineEntry]:
    letters = DeadLetter.objects.filter(job_id=job.pk).order_by("-id")
    for letter in letters.defer("payload", "attempts")[:DEAD_LETTERS_SHOWN]:
        reason = DeathReason(letter.reason).label
        yield TimelineEntry(
            letter.created_at,
            "dead",
            f"given up: {reason}; {letter.error}" if letter.error else f"given up: {reason}",
            attempt=letter.attempt,
        )
        if letter.resolved_at is not None and not with_events:
            yield TimelineEntry(
                letter.resolved_at, letter.resolution, f"it was {letter.resolution}"
            )
        elif letter.resolved_at is not None and letter.resolution == Resolution.SETTLED:
            yield TimelineEntry(letter.resolved_at, "settled", "settled by a late success")
        if with_events:
            yield from _about("dead_letter", letter.pk)


def _events(job: Job) -> Iterator[TimelineEntry]:
    return _about("job", job.pk)


def _about(subject_type: str, subject_id: object) -> Iterator[TimelineEntry]:
    for event in Event.objects.about(subject_type, subject_id)[:EVENTS_SHOWN]:
        who = event.actor_name or event.actor_id or "code"
        changes = _changes(event.before, event.after)
        text = f"{event.done} by {who}" + (f" ({changes})" if changes else "")
        yield TimelineEntry(event.at, event.done, text, reason=event.reason)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Values that fit into a line; payloads and the like stand on the event's own page."""
    told = []
    for name, value in after.items():
        if isinstance(value, str | int | float | bool) and value != before.get(name):
            former = f"{before[name]} → " if before.get(name) not in (None, "") else ""
            told.append(f"{name.replace('_', ' ')} {former}{value}")
    return ", ".join(told)


def _end(job: Job) -> Iterator[TimelineEntry]:
    if job.state not in FINAL_STATES or job.finished_at is None:
        return
    if job.state == JobState.DEAD:
        return  # its dead letter says so
    has_run = job.state == JobState.SUCCEEDED
    began_at = job.started_at or job.claimed_at
    yield TimelineEntry(
        job.finished_at,
        job.state,
        _end_in_words(job),
        _between(began_at, job.finished_at) if has_run and began_at else None,
        job.attempt if has_run else None,
    )


def _end_in_words(job: Job) -> str:
    if job.state == JobState.SKIPPED:
        return f"skipped: job {job.done_by_id} had already done the effect"
    if job.state == JobState.SUCCEEDED:
        return f"attempt {job.attempt} succeeded"
    if job.state == JobState.CANCELLED and job.cancelled_by:
        return f"cancelled, as {job.cancelled_by} had asked"
    if job.state == JobState.EXPIRED:
        return "expired: no attempt had begun in time"
    return str(job.state)


def _between(since: datetime, until: datetime) -> float | None:
    """Seconds; None for moments in the other order, which are of different turns."""
    seconds = (until - since).total_seconds()
    return seconds if seconds >= 0 else None
