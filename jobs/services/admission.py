"""Jobs that limits hold are admitted when there is room.

A job waits at one limit at a time. Admission takes the locks of the limits that have room, reads
the next jobs that wait at them, and admits each that has room under all of its limits; the others
wait at the one that has none. No step reads more jobs than there is room for.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.core.conf import jobs_conf
from jobs.core.message import QueueMessage
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.limits import limits_make_declared
from jobs.sql.statements import execute, run, statement

# Jobs that one admission admits or moves at a limit.
ADMIT_LIMIT = 500
# The window of a fair queue: what ends in this time. One tenant's jobs delay another's by no more.
WINDOW_SECONDS = 0.25
# Over what time the pace of a fair queue is measured.
PACE_SECONDS = 1.0
# When to look again at a limit that another admission had locked.
LOCKED_SECONDS = 0.05


class _Room(NamedTuple):
    """What a limit has left: for how many jobs.

    `tokens` and `seconds_a_token` are None where it has no rate. `has_look`: a timer will look.
    """

    room: int
    tokens: float | None
    seconds_a_token: float | None
    is_fair: bool
    has_look: bool


_UNLIMITED = _Room(ADMIT_LIMIT, None, None, is_fair=False, has_look=False)


class _Held(NamedTuple):
    """A job that waits at a limit."""

    job_id: UUID
    held_by: str
    limits: list[str]
    rank: int


def slots_release(job_ids: Sequence[UUID]) -> None:
    """Frees the slots of these jobs, and admits the next ones in the present transaction."""
    freed: dict[str, int] = dict(run("release_slots", job_ids=list(job_ids))) if job_ids else {}
    if freed:
        jobs_admit(freed, ended=freed)


def jobs_admit(names: Iterable[str], ended: Mapping[str, int] | None = None) -> int:
    """Admits what waits at these limits and has room; returns how many jobs.

    In the present transaction; they are dispatched after its commit. `ended`: how many slots have
    just come free under each.
    """
    return _Admission(sorted(names), ended or {}).admit()


class _Admission:
    """One admission at some limits, in the present transaction."""

    def __init__(self, names: list[str], ended: Mapping[str, int]) -> None:
        self._names = names
        self._ended = ended
        self._rooms: dict[str, _Room] = {}
        self._left: dict[str, int] = {}
        self._locked_elsewhere: set[str] = set()
        self._taken = Counter[str]()
        self._ranks: dict[str, int] = {}
        self._look_seconds: dict[str, float] = {}

    def admit(self) -> int:
        """Returns how many jobs were admitted."""
        self._lock(self._names)
        held = self._held_jobs()
        self._lock_others(held)
        admitted, moved = self._divide(held)
        self._write(admitted, moved)
        self._settle(held)
        return len(admitted)

    def _lock(self, names: list[str]) -> None:
        """Limits that no row and no code knows any more hold nothing back."""
        locked = [name for (name,) in run("lock_limits", names=names)]
        if missing := set(names) - set(locked):
            made = limits_make_declared(missing)
            locked += [name for (name,) in run("lock_limits", names=made)] if made else []
        self._read_rooms(locked)
        for name in set(names) - set(locked):
            self._know(name, _UNLIMITED)

    def _lock_others(self, held: list[_Held]) -> None:
        """The other limits of these jobs. Their locks are not waited for."""
        others = sorted({name for job in held for name in job.limits} - self._rooms.keys())
        if not others:
            return
        known = [name for (name,) in run("try_lock_limits", names=others)]
        missing = sorted(set(others) - set(known))
        if missing and (made := limits_make_declared(missing)):
            known += [name for (name,) in run("try_lock_limits", names=made)]
        self._read_rooms(known)
        left = sorted(set(others) - set(known))
        existing = {name for (name,) in run("limits_that_exist", names=left)} if left else set()
        for name in left:
            if name in existing:
                self._locked_elsewhere.add(name)
            else:
                self._know(name, _UNLIMITED)

    def _read_rooms(self, names: list[str]) -> None:
        if not names:
            return
        rows = run(
            "limit_rooms",
            names=names,
            most=ADMIT_LIMIT,
            worker_timeout_seconds=jobs_conf().worker_timeout_seconds,
            window_seconds=WINDOW_SECONDS,
            pace_seconds=PACE_SECONDS,
        )
        for name, *room in rows:
            self._know(name, _Room(*room))

    def _know(self, name: str, room: _Room) -> None:
        self._rooms[name] = room
        self._left[name] = room.room

    def _held_jobs(self) -> list[_Held]:
        with_room = [name for name in self._names if self._left[name] > 0]
        if not with_room:
            return []
        rows = run("held_jobs", names=with_room, rooms=[self._left[name] for name in with_room])
        rows.sort(key=lambda row: (-row[4], row[3], row[0]))
        return [
            _Held(job_id, held_by, json.loads(limits), rank)
            for job_id, held_by, limits, rank, _ in rows
        ]

    def _divide(self, held: list[_Held]) -> tuple[list[UUID], list[tuple[UUID, str]]]:
        """Which jobs are admitted, and at which limits others wait from now on."""
        admitted, moved = [], []
        for job in held:
            if not self._locked_elsewhere.isdisjoint(job.limits):
                self._look_seconds[job.held_by] = LOCKED_SECONDS
                continue
            full = next((name for name in job.limits if self._left[name] <= 0), None)
            if full is None:
                admitted.append(job.job_id)
                self._take(job)
            elif full != job.held_by:
                moved.append((job.job_id, full))
                self._look_seconds.setdefault(job.held_by, 0.0)
        return admitted, moved

    def _take(self, job: _Held) -> None:
        for name in job.limits:
            self._left[name] -= 1
            self._taken[name] += 1
            self._ranks[name] = max(self._ranks.get(name, 0), job.rank)

    def _write(self, admitted: list[UUID], moved: list[tuple[UUID, str]]) -> None:
        if moved:
            execute(
                statement("move_held_jobs"),
                {"ids": [job_id for job_id, _ in moved], "names": [name for _, name in moved]},
            )
        if admitted:
            rows = run("admit_jobs", ids=admitted)
            place = {job_id: number for number, job_id in enumerate(admitted)}
            rows.sort(key=lambda row: place[row[0]])
            dispatch_after_commit([(QueueMessage(*row), 0.0) for row in rows])

    def _settle(self, held: list[_Held]) -> None:
        """Writes what changes at the limits; at one of concurrency alone mostly nothing does."""
        waiting = Counter(job.held_by for job in held)
        changes = [
            (name, *change)
            for name, room in sorted(self._rooms.items())
            if (change := self._change(name, room, waiting[name])) is not None
        ]
        if changes:
            names, tokens, ranks, look_seconds, ended = zip(*changes, strict=True)
            execute(
                statement("settle_limits"),
                {
                    "names": list(names),
                    "tokens": list(tokens),
                    "ranks": list(ranks),
                    "look_seconds": list(look_seconds),
                    "ended": list(ended),
                    "pace_seconds": PACE_SECONDS,
                },
            )

    def _change(
        self, name: str, room: _Room, examined: int
    ) -> tuple[float, int, float | None, int] | None:
        """Tokens that are left, rank, seconds to the next look, slots that came free; or None."""
        tokens = (room.tokens or 0.0) - self._taken[name]
        look = self._look_seconds.get(name)
        if look is None and examined == room.room:  # there may be more, for which there is no room
            look = _next_look_seconds(room, tokens)
        if room.tokens is None and look is None and not (room.is_fair or room.has_look):
            return None
        return tokens, self._ranks.get(name, 0), look, self._ended.get(name, 0)


def _next_look_seconds(room: _Room, tokens: float) -> float | None:
    """When there is room without a slot coming free: when a token comes in, or at once."""
    if room.seconds_a_token is not None and tokens < 1:
        return (1 - tokens) * room.seconds_a_token
    return 0.0 if room.room == ADMIT_LIMIT else None
