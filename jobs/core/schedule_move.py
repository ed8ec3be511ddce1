"""A schedule on its way from a fire time to the next one, and what is prepared of that."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.core.new_job import NewJob


class ScheduleMove(NamedTuple):
    """What is written about a schedule that was due; nothing if it is no longer where it was seen.

    `seen`: the fire time that was read. `due_at`: when a worker looks at it again, which is
    `next_fire_at`, or another moment if it is held or broken. `fired_at`: the last fire time that
    makes a job. `new_jobs`: one for each such fire time. `error`: why none is made although one
    should be; empty if nothing is wrong. `skipped`: why fire times make none, as in
    `FireDecision`.
    """

    schedule_id: UUID
    seen: datetime
    next_fire_at: datetime | None
    due_at: datetime | None
    fired_at: datetime | None = None
    is_held: bool = False
    new_jobs: Sequence[NewJob] = ()
    error: str = ""
    skipped: str | None = None


class PreparedFire(NamedTuple):
    """A fire time that comes soon, and its job: only to be written, if nothing changes until then.

    `version`: of the row that was read. `seen`: the fire time. `next_fire_at`: the one after it;
    None if the schedule ends then.
    """

    schedule_id: UUID
    version: str
    seen: datetime
    next_fire_at: datetime | None
    new_job: NewJob
