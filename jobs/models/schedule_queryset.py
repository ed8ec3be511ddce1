"""Which schedules are due, and the statement that fires them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.core.ids import uuid7s
from jobs.core.message import QueueMessage
from jobs.core.new_job import NewJob
from jobs.core.schedule_move import PreparedFire, ScheduleMove
from jobs.models.moments import seconds_ago, seconds_between
from jobs.sql.statements import run

if TYPE_CHECKING:
    from jobs.models.schedule import Schedule  # noqa: F401 - in the base class

# Each worker confirms once a minute what its code declares.
DECLARED_FOR_SECONDS = 600.0


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Schedules."""

    def active(self) -> Self:
        """Those that may fire: not paused, not ended, not orphaned."""
        return self.filter(paused=False, due_at__isnull=False).exclude(_is_orphaned())

    def orphaned(self) -> Self:
        """Those that were declared by code that no worker has any more; they do not fire."""
        return self.filter(_is_orphaned())

    def due(self) -> Self:
        """Those that a worker has to look at now, by the database's clock; longest due first."""
        return self.active().filter(due_at__lte=Now()).order_by("due_at", "id")

    def seconds_to_next(self) -> float | None:
        """In how many seconds the next one is due, 0 if one is; None if none ever will be."""
        first = self.active().order_by("due_at")
        seconds = first.annotate(left=seconds_between(Now(), models.F("due_at")))
        left = seconds.values_list("left", flat=True).first()
        return None if left is None else max(0.0, left)

    def busy(self, schedule_ids: Sequence[UUID]) -> set[UUID]:
        """Which of these have a job that is not final."""
        if not schedule_ids:
            return set()
        return {row[0] for row in run("busy_schedules", ids=list(schedule_ids))}

    def fire(self, moves: Sequence[ScheduleMove]) -> list[tuple[QueueMessage, NewJob]]:
        """Moves schedules and inserts their jobs, in one statement; returns the jobs.

        Left out are the jobs of a schedule that is no longer at the fire time seen, and those
        that are there already.
        """
        new = [(move.schedule_id, job) for move in moves for job in move.new_jobs]
        texts = [str(job_id) for job_id in uuid7s(len(new))]
        rows = run(
            "fire_schedules",
            schedule_ids=json.dumps([str(move.schedule_id) for move in moves]),
            seen=_moments(move.seen for move in moves),
            next_fire_ats=_moments(move.next_fire_at for move in moves),
            due_ats=_moments(move.due_at for move in moves),
            fired_ats=_moments(move.fired_at for move in moves),
            helds=json.dumps([move.is_held for move in moves]),
            errors=json.dumps([move.error for move in moves]),
            **_jobs(texts, new),
        )
        made = dict(zip(texts, (job for _, job in new), strict=True))
        return [(QueueMessage(*row), made[str(row[0])]) for row in rows]

    def near(
        self, seconds: float, late_seconds: float, *, share: int, shares: int, limit: int
    ) -> dict[UUID, str]:
        """Schedules that can be prepared and fire within `seconds`, soonest first; with the
        version of each row. Also those that are due, but not for longer than `late_seconds`.

        `share` of `shares`: which part of them, from 0 on.
        """
        rows = run(
            "near_schedules",
            seconds=seconds,
            late_seconds=late_seconds,
            declared_for_seconds=DECLARED_FOR_SECONDS,
            share=share,
            shares=shares,
            limit=limit,
        )
        return dict(rows)

    def fire_prepared(
        self, prepared: Sequence[PreparedFire], late_seconds: float
    ) -> list[tuple[QueueMessage, PreparedFire]]:
        """The same for schedules that are as they were when they were prepared.

        Returns the jobs, each with what was prepared of it.
        Left out are those that are not due yet, more than `late_seconds` late, or locked.
        """
        new = [(one.schedule_id, one.new_job) for one in prepared]
        ids = uuid7s(len(new))
        rows = run(
            "fire_prepared_schedules",
            schedule_ids=json.dumps([str(one.schedule_id) for one in prepared]),
            seen=_moments(one.seen for one in prepared),
            next_fire_ats=_moments(one.next_fire_at for one in prepared),
            versions=json.dumps([one.version for one in prepared]),
            late_seconds=late_seconds,
            **_jobs([str(job_id) for job_id in ids], new),
        )
        by_id = dict(zip(ids, prepared, strict=True))
        messages = [QueueMessage(*row) for row in rows]
        return [(message, by_id[message.job_id]) for message in messages]


def _jobs(texts: Sequence[str], new: Sequence[tuple[UUID, NewJob]]) -> dict[str, str]:
    """The columns of jobs that schedules make. `texts`: their ids."""
    return {
        "ids": json.dumps(texts),
        "types": json.dumps([job.type for _, job in new]),
        "queues": json.dumps([job.queue for _, job in new]),
        "priorities": json.dumps([job.priority for _, job in new]),
        "payloads": f"[{','.join(job.payload_json for _, job in new)}]",
        "idempotency_keys": json.dumps([job.idempotency_key for _, job in new]),
        "effect_keys": json.dumps(
            [job.effect_key or text for (_, job), text in zip(new, texts, strict=True)]
        ),
        # As text: the users of a project may have keys of any type.
        "submitted_by_ids": json.dumps([_text(job.submitted_by_id) for _, job in new]),
        "max_retries": json.dumps([job.max_retries for _, job in new]),
        "run_ats": _moments(job.run_at for _, job in new),
        "job_schedule_ids": json.dumps([str(schedule_id) for schedule_id, _ in new]),
    }


def _is_orphaned() -> Q:
    return Q(declared_in__gt="", declared_at__lt=seconds_ago(DECLARED_FOR_SECONDS))


def _moments(moments: Iterable[datetime | None]) -> str:
    return json.dumps([moment and moment.isoformat() for moment in moments])


def _text(value: object) -> str | None:
    return None if value is None else str(value)
