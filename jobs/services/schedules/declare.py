"""What code declares is written to the database, where it wins over what people have changed."""

import json
import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.db.models.functions import Now

from jobs.core.errors import JobsError
from jobs.core.schedule_rule import in_utc, rule_faults
from jobs.core.schedule_spec import ScheduleSpec
from jobs.handlers.schedule import DeclaredSchedule, declared_schedules
from jobs.models import Schedule
from jobs.models.moments import seconds_ago
from jobs.services.database_errors import DATABASE_ERRORS
from jobs.services.events import event_record
from jobs.services.schedules.change import SUBJECT, move_to
from jobs.services.schedules.spec import check_request, spec_of, spec_shown
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now

logger = logging.getLogger(__name__)

# How old a confirmation may be before it is written anew, by one of the workers.
CONFIRM_SECONDS = 60.0


def schedules_declare() -> None:
    """Writes every schedule that the code of this process declares; for a worker that starts.

    One that makes no sense is logged and left out: the system checks have said so before. So is one
    whose serializer raises what it should not: no other schedule waits for that.
    Raises the errors of a database that is away.
    """
    for declared in declared_schedules.all():
        try:
            _declare(declared)
        except DATABASE_ERRORS:
            raise
        except BaseException as error:  # a serializer may raise anything, SystemExit too
            says_itself = isinstance(error, JobsError | ImproperlyConfigured)
            logger.error(
                "Schedule %s is declared and cannot be used: %s",
                declared.name,
                error if says_itself else type(error).__name__,  # it may quote the payload
                exc_info=not says_itself and error,
                extra={"event": "schedule.refused", "schedule": declared.name},
            )


def schedules_confirm_declared() -> None:
    """Says once a minute that code of a live worker still declares them."""
    names = [declared.name for declared in declared_schedules.all()]
    if names:
        old = Schedule.objects.filter(name__in=names, declared_at__lt=seconds_ago(CONFIRM_SECONDS))
        old.exclude(declared_in="").update(declared_at=Now())


def spec_declared(declared: DeclaredSchedule) -> ScheduleSpec:
    """What code asks for, as the database will have it.

    Raises ImproperlyConfigured if its handler has no job type, or its payload is no JSON.
    """
    spec = declared.spec
    try:
        payload = json.loads(json.dumps(spec.payload))
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(
            f"schedule {declared.name!r}: its payload is not JSON: {error}"
        ) from None
    return spec._replace(
        payload=payload, starts_at=in_utc(spec.starts_at), ends_at=in_utc(spec.ends_at)
    )


def _declare(declared: DeclaredSchedule) -> None:
    spec = spec_declared(declared)
    check_request(spec)
    try:
        _write(declared, spec)
    except IntegrityError:
        _write(declared, spec)  # another worker has inserted it at the same moment


@repeats_conflicts
def _write(declared: DeclaredSchedule, spec: ScheduleSpec) -> None:
    with short_transaction():
        now = database_now()
        schedule = Schedule.objects.select_for_update().filter(name=declared.name).first()
        before = None if schedule is None else spec_of(schedule)
        schedule = schedule or Schedule(created_at=now)
        is_new = before != spec or schedule.declared_in != declared.place
        for name, value in spec.columns.items():
            setattr(schedule, name, value)
        if before is None or before.rule != spec.rule:
            ended = any(field == "ends_at" for field, _ in rule_faults(spec.rule, now))
            move_to(schedule, None if ended else spec.rule.first_fire_after(now))
        schedule.declared_in, schedule.declared_at = declared.place, now
        if is_new:
            schedule.failures, schedule.error = 0, ""
        schedule.save()
        if is_new:
            event_record(
                action="schedule.declared",
                subject_type=SUBJECT,
                subject_id=schedule.id,
                before={} if before is None else spec_shown(before),
                after={**spec_shown(spec), "declared_in": declared.place},
            )
