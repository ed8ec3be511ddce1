"""Jobs that limits hold are admitted when there is room.

A job waits at one limit at a time. Admission takes the locks of the limits that have room, reads
the next jobs that wait at them, and admits each that has room under all of its limits; the others
wait at the one that has none. No step reads more jobs than there is room for.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from jobs.core.message import QueueMessage
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.limits.locks import limits_lock, limits_try_lock
from jobs.services.limits.rooms import Rooms
from jobs.sql.prepared import run_prepared_search
from jobs.sql.statements import execute, statement

# When to look again at a limit that another admission had locked.
LOCKED_SECONDS = 0.05


def slots_release(job_ids: Sequence[UUID]) -> None:
    """Frees the slots of these jobs, and admits the next ones in the present transaction."""
    if not job_ids:
        return
    freed = run_prepared_search("release_slots", job_ids=list(job_ids))
    if freed:
        ended = {name: count for name, count, _ in freed}
        locked = [name for name, _, is_locked in freed if is_locked]
        _admit(Rooms(ended), sorted(ended), locked)


def jobs_admit(names: Iterable[str]) -> int:
    """Admits what waits at these limits and has room; returns how many jobs.

    In the present transaction; they are dispatched after its commit.
    """
    wanted = sorted(names)
    return _admit(Rooms({}), wanted, limits_lock(wanted))


def jobs_admit_where_free(names: Iterable[str]) -> int:
    """The same for many limits: those that another transaction has locked are left out."""
    wanted = set(names)
    tried = limits_try_lock(wanted)
    return _admit(Rooms({}), sorted(wanted - tried.elsewhere), tried.taken)


def _admit(rooms: Rooms, names: list[str], locked: list[str]) -> int:
    held = rooms.jobs_at(names, locked)
    rooms.lock_others(held)
    admitted: list[UUID] = []
    moved: list[tuple[UUID, str]] = []
    look_seconds: dict[str, float] = {}
    for job in held:
        if rooms.are_locked_elsewhere(job.limits):
            look_seconds[job.held_by] = LOCKED_SECONDS
        elif (full := rooms.first_full(job.limits)) is None:
            rooms.take(job)
            admitted.append(job.job_id)
        elif full != job.held_by:
            moved.append((job.job_id, full))
            look_seconds.setdefault(job.held_by, 0.0)  # its place is still free
    _move(moved)
    _dispatch(admitted)
    rooms.write_back(held, look_seconds)
    return len(admitted)


def _move(moved: list[tuple[UUID, str]]) -> None:
    """These jobs wait at another limit from now on."""
    if moved:
        values = {"ids": [job_id for job_id, _ in moved], "names": [name for _, name in moved]}
        execute(statement("move_held_jobs"), values)


def _dispatch(admitted: list[UUID]) -> None:
    """In the order in which they were admitted."""
    if admitted:
        rows = run_prepared_search("admit_jobs", ids=admitted)
        place = {job_id: number for number, job_id in enumerate(admitted)}
        rows.sort(key=lambda row: place[row[0]])
        dispatch_after_commit([(QueueMessage(*row), 0.0) for row in rows])
