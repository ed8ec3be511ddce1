"""Whether what is asked of a schedule makes sense, and how it is shown."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from jobs.core.conf import PRIORITY_MAX, PRIORITY_MIN, jobs_conf
from jobs.core.errors import ScheduleInvalid
from jobs.core.fire_rule import Missed, Overlap
from jobs.core.number import is_number
from jobs.core.schedule_rule import Fault, in_utc, rule_faults
from jobs.core.schedule_spec import ScheduleSpec
from jobs.handlers.registry import job_types
from jobs.models import Schedule
from jobs.services.enqueue.callback_url import check_callback_url
from jobs.services.enqueue.request import JobRequest
from jobs.services.enqueue.resolve import new_job
from jobs.services.masking import masked_payload
from jobs.services.submission_right import check_may_submit

NAME_MAX = 100


def spec_of(schedule: Schedule) -> ScheduleSpec:
    """What was asked of a schedule that is there."""
    columns = {name: getattr(schedule, name) for name in ScheduleSpec._fields}
    return ScheduleSpec(
        **{
            **columns,
            "cron": schedule.cron or None,
            "queue": schedule.queue or None,
            "starts_at": in_utc(schedule.starts_at),
            "ends_at": in_utc(schedule.ends_at),
        }
    )


def spec_shown(spec: ScheduleSpec) -> dict[str, Any]:
    """The spec as events show it: as JSON, without the values of sensitive fields."""
    shown = {**spec._asdict(), "payload": masked_payload(spec.type, dict(spec.payload))}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in shown.items()
    }


def job_request(spec: ScheduleSpec) -> JobRequest:
    """The job that the schedule makes, without a key and a moment.

    And without its `callback_url`, which is checked when the schedule is made or changed: a host
    that the operator closes later ends the call, not the job.
    """
    return JobRequest(
        type=spec.type, payload=spec.payload, queue=spec.queue, priority=spec.priority
    )


def check_spec(spec: ScheduleSpec, now: datetime) -> None:
    """Raises ScheduleInvalid, or what `job_enqueue` would raise for its type, payload and queue."""
    check_request(spec, rule_faults(spec.rule, now))


def check_request(spec: ScheduleSpec, faults: Iterable[Fault] = ()) -> None:
    """The same, with these faults of its rule."""
    # Without the priority, whose fault is told with the others.
    new_job(job_request(spec)._replace(priority=None), None, jobs_conf())
    check_callback_url(spec.callback_url)
    errors: dict[str, list[str]] = {}
    for field, sentence in [*_plain_faults(spec), *faults]:
        errors.setdefault(field, []).append(sentence)
    if errors:
        raise ScheduleInvalid(errors)


def check_may_go_on(schedule: Schedule) -> None:
    """Who may not submit its jobs must not set it going either: raises SubmissionNotAllowed."""
    job_type = job_types.find(schedule.type)
    queue = schedule.queue or (job_type.queue if job_type is not None else "")
    check_may_submit(job_type=schedule.type, queue=queue)


def _plain_faults(spec: ScheduleSpec) -> Iterator[Fault]:
    if not spec.name.strip() or len(spec.name) > NAME_MAX or not spec.name.isprintable():
        yield "name", f"Give a name of 1 to {NAME_MAX} characters, for example daily-report."
    for field, choices in (("missed", Missed), ("overlap", Overlap)):
        if getattr(spec, field) not in choices.values:
            yield field, f"Choose one of {', '.join(choices.values)}."
    if spec.priority is not None and not (
        is_number(spec.priority, int) and PRIORITY_MIN <= spec.priority <= PRIORITY_MAX
    ):
        yield "priority", f"Give a priority of {PRIORITY_MIN} to {PRIORITY_MAX}, 9 is most urgent."
