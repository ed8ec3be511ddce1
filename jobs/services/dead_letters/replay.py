"""Jobs of dead letters are queued again, many in one statement."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from jobs.core.limit import UNTIL_DUE
from jobs.core.message import QueueMessage
from jobs.models import Job
from jobs.services.dead_letters.payload_change import JobChange
from jobs.services.dispatch import dispatch_after_commit
from jobs.services.followups import jobs_are_back
from jobs.services.processed_keys import effect_keys_let_go
from jobs.sql.statements import run


class Replay(NamedTuple):
    """A job that is to run again, from which dead letter, and with which change of its payload."""

    job_id: UUID
    letter_id: UUID
    change: JobChange | None = None


def jobs_queue_again(replays: Sequence[Replay]) -> set[UUID]:
    """dead -> queued for those of these jobs that are dead; returns them.

    In the present transaction, which has locked the dead letters. To be called last in it: it takes
    the locks on batches. What is under a limit is held until a timer admits it.
    """
    if not replays:
        return set()
    former = _former_keys(replays)
    rows = run("replay_jobs", held_by=UNTIL_DUE, jobs=json.dumps([_values(one) for one in replays]))
    messages, batches, queued = [], Counter[UUID](), set()
    for job_id, effect_key, queue, priority, batch_id, is_held in rows:
        queued.add(job_id)
        if not is_held:
            messages.append((QueueMessage(job_id, effect_key, queue, priority), 0.0))
        if batch_id is not None:
            batches[batch_id] += 1
    effect_keys_let_go({job_id: key for job_id, key in former.items() if job_id in queued})
    dispatch_after_commit(messages, is_repeated=True)
    jobs_are_back(batches)
    return queued


def _values(one: Replay) -> Mapping[str, object]:
    change = one.change
    return {
        "id": str(one.job_id),
        "letter_id": str(one.letter_id),
        "payload": change and change.payload,
        "effect_key": change and change.effect_key,
        "limits": (change and change.limits) or None,
    }


def _former_keys(replays: Sequence[Replay]) -> dict[UUID, str]:
    """By job, the effect key that it has no longer afterwards."""
    changed = {
        one.job_id: one.change.effect_key
        for one in replays
        if one.change is not None and one.change.effect_key is not None
    }
    rows = Job.objects.filter(id__in=changed).values_list("id", "effect_key") if changed else []
    return {job_id: key for job_id, key in rows if key != changed[job_id]}
