"""What limits have left, for one admission: read under their locks, taken, and written back."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from jobs.core.conf import jobs_conf
from jobs.services.limits.declared import limits_make_declared
from jobs.services.limits.locks import limits_lock, limits_try_lock
from jobs.sql.prepared import run_prepared_search
from jobs.sql.statements import execute, run, statement

# Jobs that one admission admits or moves at a limit.
ADMIT_LIMIT = 500
# The window of a fair queue: what ends in this time. One tenant's jobs delay another's by no more.
WINDOW_SECONDS = 0.25
# Over what time the pace of a fair queue is measured.
PACE_SECONDS = 1.0


class Room(NamedTuple):
    """What a limit has left: for how many jobs.

    `tokens` and `seconds_a_token` are None where it has no rate. `has_look`: a timer will look.
    `asked_at`: the moment of these figures, by the database's clock.
    """

    room: int
    tokens: float | None
    seconds_a_token: float | None
    is_fair: bool
    has_look: bool
    asked_at: datetime | None


_UNLIMITED = Room(ADMIT_LIMIT, None, None, is_fair=False, has_look=False, asked_at=None)


class Held(NamedTuple):
    """A job that waits at a limit."""

    job_id: UUID
    held_by: str
    limits: list[str]
    rank: int
    priority: int


class Rooms:
    """The limits of one admission, in the present transaction.

    `ended`: how many slots have just come free under each.
    """

    def __init__(self, ended: Mapping[str, int]) -> None:
        self._ended = ended
        self._rooms: dict[str, Room] = {}
        self._left: dict[str, int] = {}
        self._locked_elsewhere: set[str] = set()
        self._taken = Counter[str]()
        self._ranks: dict[str, int] = {}

    def jobs_at(self, names: list[str], locked: list[str]) -> list[Held]:
        """The jobs that wait at these limits and that each has room for, the first ones first.

        `locked`: those of the limits that have a row. What code declares gets one; limits that no
        row and no code knows any more hold nothing back.
        """
        missing = set(names) - set(locked)
        if missing and (made := limits_make_declared(missing)):
            locked = locked + limits_lock(made)
        held = self._read(locked, with_jobs=True)
        held += self._unlimited(sorted(set(names) - self._rooms.keys()))
        return sorted(held, key=lambda job: (-job.priority, job.rank, job.job_id))

    def lock_others(self, held: Iterable[Held]) -> None:
        """The other limits of these jobs. Their locks are not waited for, while others are held."""
        others = {name for job in held for name in job.limits} - self._rooms.keys()
        if not others:
            return
        tried = limits_try_lock(others)
        self._read(tried.taken, with_jobs=False)
        self._locked_elsewhere |= tried.elsewhere
        for name in others.difference(tried.taken, tried.elsewhere):
            self._know(name, _UNLIMITED)

    def are_locked_elsewhere(self, names: list[str]) -> bool:
        """Whether another admission has locked one of these limits."""
        return not self._locked_elsewhere.isdisjoint(names)

    def first_full(self, names: list[str]) -> str | None:
        """The first of these limits that has no room; None if all have."""
        return next((name for name in names if self._left[name] <= 0), None)

    def take(self, job: Held) -> None:
        """The job takes a place under each of its limits."""
        for name in job.limits:
            self._left[name] -= 1
            self._taken[name] += 1
            self._ranks[name] = max(self._ranks.get(name, 0), job.rank)

    def write_back(self, held: Iterable[Held], look_seconds: Mapping[str, float]) -> None:
        """Writes what has changed; at a limit of concurrency alone mostly nothing has.

        `held`: the jobs that were looked at; `look_seconds`: when a timer has to look again at a
        limit, where that is known.
        """
        examined = Counter(job.held_by for job in held)
        changes = [
            (name, *change)
            for name, room in sorted(self._rooms.items())
            if (change := self._change(name, room, examined[name], look_seconds.get(name)))
        ]
        if changes:
            names, tokens, ranks, looks, ended, asked_at = zip(*changes, strict=True)
            execute(
                statement("settle_limits"),
                {
                    "names": list(names),
                    "tokens": list(tokens),
                    "ranks": list(ranks),
                    "look_seconds": list(looks),
                    "ended": list(ended),
                    "asked_at": list(asked_at),
                    "pace_seconds": PACE_SECONDS,
                },
            )

    def _read(self, names: list[str], *, with_jobs: bool) -> list[Held]:
        """The rooms of these locked limits, and the jobs that there is room for."""
        if not names:
            return []
        rows = run_prepared_search(
            "held_jobs",
            names=names,
            with_jobs=with_jobs,
            most=ADMIT_LIMIT,
            worker_timeout_seconds=float(jobs_conf().worker_timeout_seconds),
            window_seconds=WINDOW_SECONDS,
            pace_seconds=PACE_SECONDS,
        )
        held = []
        for name, *room, job_id, limits, rank, priority in rows:
            self._know(name, Room(*room))
            if job_id is not None:
                held.append(Held(job_id, name, json.loads(limits), rank, priority))
        return held

    def _unlimited(self, gone: list[str]) -> list[Held]:
        for name in gone:
            self._know(name, _UNLIMITED)
        rows = run("unlimited_held_jobs", names=gone, limit=ADMIT_LIMIT) if gone else []
        return [
            Held(job_id, name, json.loads(limits), rank, priority)
            for job_id, name, limits, rank, priority in rows
        ]

    def _know(self, name: str, room: Room) -> None:
        self._rooms[name] = room
        self._left[name] = room.room

    def _change(
        self, name: str, room: Room, examined: int, look: float | None
    ) -> tuple[float, int, float | None, int, datetime] | None:
        """Tokens that are left, rank, seconds to the next look, slots that came free, and the
        moment of these; None if there is nothing to write."""
        if room.asked_at is None:  # a row that was made meanwhile has figures of its own
            return None
        tokens = (room.tokens or 0.0) - self._taken[name]
        if look is None and examined == room.room:  # there may be more, for which there is no room
            look = _next_look_seconds(room, tokens)
        if room.tokens is None and look is None and not (room.is_fair or room.has_look):
            return None
        rank, ended = self._ranks.get(name, 0), self._ended.get(name, 0)
        return tokens, rank, look, ended, room.asked_at


def _next_look_seconds(room: Room, tokens: float) -> float | None:
    """When there is room without a slot coming free: when a token comes in, or at once."""
    if room.seconds_a_token is not None and tokens < 1:
        return (1 - tokens) * room.seconds_a_token
    return 0.0 if room.room == ADMIT_LIMIT else None
