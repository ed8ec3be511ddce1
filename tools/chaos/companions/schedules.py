"""Schedules that fire each second through every fault: each fire time makes exactly one job."""

import math
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.chaos.companions.companion import CompanionReport
from tools.chaos.limits import LIMITED
from tools.chaos.world import World

EVERY_SECONDS = 1
WORK_SECONDS = 0.1

_NEXT = "SELECT next_fire_at FROM jobs_schedule WHERE id::text = ANY(%s)"
_UNFINISHED = """
    SELECT count(*) FROM jobs_job
    WHERE schedule_id::text = ANY(%s) AND state IN ('queued', 'running')
"""
_FIRED = """
    SELECT id::text, schedule_id::text, idempotency_key, state, created_at
    FROM jobs_job WHERE schedule_id::text = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class FiredJob:
    """A job of a schedule, and the fire time that its idempotency key names."""

    id: str
    fire_time: datetime
    state: str
    created_at: datetime


@dataclass(frozen=True)
class FireFindings:
    """What the rule says, beside what happened; `done_wrong`: how often not exactly once."""

    expected: int
    missed: Sequence[datetime]
    doubled: Sequence[datetime]
    foreign: Sequence[datetime]
    done_wrong: Sequence[str]
    latest_seconds: float


class Schedules:
    """Two schedules: one that inserts rows, one whose jobs come under the limit of a queue."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._starts_at = datetime.fromtimestamp(math.ceil(time.time()) + 1, UTC)
        self._until: datetime | None = None
        self._paused = False
        # By the id of the schedule.
        self._types: dict[str, str] = {}
        self._first_fire_times: dict[str, datetime] = {}

    def begin(self) -> None:
        for job_type, queue in (("chaos.insert", "default"), ("chaos.span", LIMITED)):
            body = self._body(job_type, queue)
            answer = self._world.steward.call("POST", "/schedules", body, key=str(body["name"]))
            self._types[answer["id"]] = job_type
            first = datetime.fromisoformat(answer["next_fire_times"][0])
            self._first_fire_times[answer["id"]] = first

    def stop(self) -> None:
        """What is due by now is to be fired yet, however late."""
        self._until = datetime.now(UTC)

    def is_settled(self) -> bool:
        return (self._paused or self._pause()) and self._ask(_UNFINISHED)[0][0] == 0

    def report(self) -> CompanionReport:
        found = [self._judge(schedule_id) for schedule_id in self._types]
        count = {
            "fire_times": sum(one.expected for one in found),
            "missed": sum(len(one.missed) for one in found),
            "doubled": sum(len(one.doubled) for one in found),
            "foreign": sum(len(one.foreign) for one in found),
            "done_wrong": sum(len(one.done_wrong) for one in found),
        }
        latest = max(one.latest_seconds for one in found)
        line = (
            f"schedules: {count['fire_times']} fire times, {count['missed']} missed, "
            f"{count['doubled']} doubled; the latest {latest:.1f} s late"
        )
        broken = [
            f"schedules: {count[name]} {promise}"
            for name, promise in (
                ("missed", "fire times made no job"),
                ("doubled", "fire times made more than one job"),
                ("foreign", "jobs for moments at which no schedule fires"),
                ("done_wrong", "jobs were not done exactly once"),
            )
            if count[name]
        ]
        if not count["fire_times"]:
            broken.append("schedules: no fire time came")
        return CompanionReport(
            "schedules", line, {**count, "latest_seconds": round(latest, 3)}, broken
        )

    def _body(self, job_type: str, queue: str) -> dict[str, Any]:
        name = f"{self._name}-{job_type}"
        return {
            "name": name,
            "type": job_type,
            "payload": {"effect": name, "seconds": WORK_SECONDS},
            "queue": queue,
            "every_seconds": EVERY_SECONDS,
            "starts_at": self._starts_at.isoformat(),
            "missed": "all",
            "overlap": "allow",
        }

    def _pause(self) -> bool:
        """Pauses the schedules once all that was due is fired; returns whether it was."""
        assert self._until is not None
        if any(next_fire_at <= self._until for (next_fire_at,) in self._ask(_NEXT)):
            return False
        for schedule_id in self._types:
            self._world.steward.call("POST", f"/schedules/{schedule_id}/pause", {})
        self._paused = True
        return True

    def _judge(self, schedule_id: str) -> FireFindings:
        assert self._until is not None
        fired = [
            FiredJob(job_id, fire_time_of(key), state, created_at)
            for job_id, owner, key, state, created_at in self._ask(_FIRED)
            if owner == schedule_id
        ]
        inserted = Counter(effect.job_id for effect in self._world.job_rows.inserted())
        is_counted = self._types[schedule_id] == "chaos.insert"
        # Where the machine was so slow that the schedule was made after its start, it owes what
        # came since: from the first one that the answer named, or that was fired by then.
        first = min([self._first_fire_times[schedule_id], *(one.fire_time for one in fired)])
        return judge_fires(
            fired,
            max(self._starts_at, first),
            self._until,
            EVERY_SECONDS,
            inserted if is_counted else None,
        )

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self._world.job_rows.ask(sql, [list(self._types)])


def fire_time_of(key: str) -> datetime:
    """The fire time in the idempotency key `schedule:<id>:<fire time>`."""
    return datetime.fromisoformat(key.split(":", 2)[2])


def judge_fires(
    fired: Collection[FiredJob],
    starts_at: datetime,
    until: datetime,
    every_seconds: int,
    effects: Counter[str] | None = None,
) -> FireFindings:
    """Compares jobs with what the rule says from `starts_at` to `until`.

    Jobs of later fire times are right, too, if there is one for each of them at most. `effects`:
    how often each job was done, where that was counted.
    """
    every = timedelta(seconds=every_seconds)
    number = 0 if until < starts_at else (until - starts_at) // every + 1
    expected = [starts_at + every * index for index in range(number)]
    made = Counter(job.fire_time for job in fired)
    return FireFindings(
        expected=len(expected),
        missed=[moment for moment in expected if moment not in made],
        doubled=[moment for moment, count in made.items() if count > 1],
        foreign=[moment for moment in made if moment < starts_at or (moment - starts_at) % every],
        done_wrong=[
            job.id
            for job in fired
            if job.state != "succeeded" or (effects is not None and effects[job.id] != 1)
        ],
        latest_seconds=max(
            ((job.created_at - job.fire_time).total_seconds() for job in fired), default=0.0
        ),
    )
