"""Schedules fire: each fire time that is due makes exactly one job, whichever workers look."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DataError, Error, IntegrityError, InternalError, OperationalError
from django.db.models import Q
from psycopg.errors import IdleInTransactionSessionTimeout, InFailedSqlTransaction

from jobs.core.message import QueueMessage
from jobs.core.new_job import NewJob
from jobs.core.process_counts import SCHEDULE_LAG, process_counts
from jobs.core.schedule_move import ScheduleMove
from jobs.handlers.registry import job_types
from jobs.models import Schedule
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.enqueue.enqueue_counts import count_fired
from jobs.services.enqueue.insert import write_callback_urls
from jobs.services.enqueue.mail_allowance import take_allowance
from jobs.services.limits.holding import jobs_hold
from jobs.services.maintenance.round import Round
from jobs.services.schedules.firing import broken_move, move_of
from jobs.services.serving import serving_now
from jobs.services.short_transaction import limit_transaction, short_transaction
from jobs.sql.contention import is_lock_timeout, repeats_conflicts
from jobs.sql.statements import database_now

logger = logging.getLogger(__name__)

# Schedules in one transaction: their jobs begin after its commit. Most fire prepared
# (`jobs/services/schedules/prepared.py`).
FIRE_LIMIT = 250
# A worker that freezes while it fires holds these rows for as long: PostgreSQL ends its session.
FIRE_IDLE_SECONDS = 3.0
# What is due and was not fired is another worker's: it has the rows, or knows their types.
LEFT_TO_OTHERS_SECONDS = 0.25

Moved = tuple[Schedule, ScheduleMove]
"""A schedule as it was read, and what becomes of it."""


@dataclass(frozen=True, slots=True)
class FireRound(Round):
    """`count`: jobs that were made. `next_seconds`: when the next schedule is due; None: never."""

    next_seconds: float | None = None


def jobs_fire_schedules() -> FireRound:
    """Fires schedules that are due by the database's clock, at most `FIRE_LIMIT` of them.

    Any number of workers may do so at once: each takes rows that no other holds, without waiting.
    A schedule that fails does not stop the others: that is counted on it, and logged.
    """
    seconds = Schedule.objects.seconds_to_next()
    if seconds is None or seconds > 0:
        return FireRound(next_seconds=seconds)
    try:
        moves, messages = _fire(FIRE_LIMIT)
    except Error as error:
        if not _is_of_one(error):
            raise
        moves, messages = _fire_one_by_one()  # so that the one is found
    for mailing in (_fire_mailing(schedule_id) for schedule_id in _mailing_ids()):
        moves += mailing[0]
        messages += mailing[1]
    for schedule, move in moves:
        _log(schedule, move)
    if messages:
        logger.info(
            "Fired schedules: %d jobs",
            len(messages),
            extra={"event": "schedules.fired", "count": len(messages)},
        )
    return FireRound(
        len(messages), is_full=len(moves) >= FIRE_LIMIT, next_seconds=_next_seconds(bool(moves))
    )


@repeats_conflicts
def _fire(limit: int, only: UUID | None = None) -> tuple[list[Moved], list[QueueMessage]]:
    with short_transaction():
        limit_transaction("idle_in_transaction_session_timeout", FIRE_IDLE_SECONDS)
        schedules = _due(limit, only)
        if not schedules:
            return [], []
        busy = Schedule.objects.busy([one.id for one in schedules if one.minds_overlap])
        now = database_now()  # after the look, so that all of them are due by then
        moves = [
            (one, _within_allowance(move_of(one, now=now, is_busy=one.id in busy)))
            for one in schedules
        ]
        messages = _write([move for _, move in moves])
    for schedule, move in moves:
        if move.new_jobs and schedule.due_at is not None:
            process_counts.took(SCHEDULE_LAG, (now - schedule.due_at).total_seconds())
    return moves, messages


def _mailing_ids() -> list[UUID]:
    """Schedules that are due whose mails count for a client; each fires for itself.

    Another transaction may hold the client's allowance, and must hold up no other schedule.
    """
    return list(Schedule.objects.due().filter(_mailing()).values_list("id", flat=True)[:FIRE_LIMIT])


def _mailing() -> Q:
    types = [name for name, one in job_types.as_mapping().items() if one.recipients is not None]
    return Q(type__in=types, created_by__isnull=False)


def _fire_mailing(schedule_id: UUID) -> tuple[list[Moved], list[QueueMessage]]:
    try:
        return _fire_alone(schedule_id)
    except OperationalError as error:
        if not is_lock_timeout(error):
            raise
        return [], []  # it is due still, and looked at again


def _within_allowance(move: ScheduleMove) -> ScheduleMove:
    refusal = take_allowance(move.new_jobs)
    return move._replace(new_jobs=(), fired_at=None, error=str(refusal)) if refusal else move


def _write(moves: list[ScheduleMove]) -> list[QueueMessage]:
    """Jobs under limits are held, and the others dispatched after the commit; returns them all."""
    fired = _moved(moves)
    write_callback_urls([(message.job_id, new) for message, new in fired])
    if held := [(message.job_id, new) for message, new in fired if new.limits]:
        jobs_hold(held)
    dispatch_after_commit([(message, 0.0) for message, new in fired if not new.limits])
    count_fired(new for _, new in fired)
    return [message for message, _ in fired]


def _moved(moves: list[ScheduleMove]) -> list[tuple[QueueMessage, NewJob]]:
    try:
        return Schedule.objects.fire(moves)
    except InternalError as error:
        # A query of a serializer has failed, and with it the transaction: say what that said.
        said = next((move.error for move in moves if move.error), str(error))
        raise InternalError(said) from error.__cause__


def _fire_one_by_one() -> tuple[list[Moved], list[QueueMessage]]:
    moves: list[Moved] = []
    messages: list[QueueMessage] = []
    due = Schedule.objects.due().exclude(_mailing())
    for schedule_id in due.values_list("id", flat=True)[:FIRE_LIMIT]:
        moved, made = _fire_alone(schedule_id)
        moves += moved
        messages += made
    return moves, messages


def _fire_alone(schedule_id: UUID) -> tuple[list[Moved], list[QueueMessage]]:
    try:
        return _fire(1, schedule_id)
    except Error as error:
        if not _is_of_one(error):
            raise
        return _count_failure(schedule_id, error), []


def _is_of_one(error: Error) -> bool:
    """Whether one of the schedules is to blame, and not an outage.

    PostgreSQL refused what it would insert, or a query of its serializer; or that took longer
    than the session may be silent.
    """
    if isinstance(error, IntegrityError | DataError):
        return True
    return isinstance(error.__cause__, InFailedSqlTransaction | IdleInTransactionSessionTimeout)


@repeats_conflicts
def _count_failure(schedule_id: UUID, error: Exception) -> list[Moved]:
    with short_transaction():
        limit_transaction("idle_in_transaction_session_timeout", FIRE_IDLE_SECONDS)
        now = database_now()
        moves = [(one, broken_move(one, now=now, error=error)) for one in _due(1, schedule_id)]
        Schedule.objects.fire([move for _, move in moves])
    return moves


def _due(limit: int, only: UUID | None) -> Sequence[Schedule]:
    """Schedules that are due, locked; those of types that only other workers know are theirs."""
    due = Schedule.objects.due().select_for_update(skip_locked=True, of=("self",))
    due = due.exclude(_mailing()) if only is None else due.filter(id=only)
    schedules = list(due[:limit])
    unknown = {one.type for one in schedules} - set(job_types.names())
    if not unknown or not (theirs := serving_now().known_of(unknown)):
        return schedules
    return list(due.exclude(type__in=theirs)[:limit])


def _next_seconds(has_fired: bool) -> float | None:
    seconds = Schedule.objects.seconds_to_next()
    if seconds is None or has_fired:
        return seconds
    return max(seconds, LEFT_TO_OTHERS_SECONDS)


def _log(schedule: Schedule, move: ScheduleMove) -> None:
    fields = {"schedule": schedule.name, "schedule_id": str(schedule.id)}
    # Said at the first failure, and whenever their number has doubled.
    failures = schedule.failures + 1
    if move.error and not failures & (failures - 1):
        logger.warning(
            "Schedule %s made no job: %s",
            schedule.name,
            move.error,
            extra={**fields, "event": "schedule.failed", "failures": failures},
        )
    elif move.skipped:
        logger.info(
            "Schedule %s has skipped fire times (%s)",
            schedule.name,
            move.skipped,
            extra={**fields, "event": "schedule.skipped", "reason": move.skipped},
        )
