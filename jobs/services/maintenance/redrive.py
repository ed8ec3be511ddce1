"""Dead letters of redrives are replayed, slice by slice, and the ends of their jobs are counted.

Any worker does it, one at a time. The dead letters of a slice are replayed in the transaction that
moves the cursor of the redrive and the moment up to which its rate is used: whatever is killed,
each is replayed once, and no second worker uses the same part of the rate.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from jobs.core.selection import Selection
from jobs.core.states import JobState, RedriveState, Resolution
from jobs.models import DeadLetter, Redrive
from jobs.services.dead_letters.replay import Replay, jobs_queue_again
from jobs.services.maintenance.round import Round, run_round
from jobs.services.redrives.changing import ChangeRefused, changed
from jobs.services.redrives.control import redrive_complete, redrive_stop
from jobs.services.redrives.selected import letters_in_order
from jobs.sql.statements import database_now, run

# Dead letters that one round replays, so that no transaction grows with the rate.
SLICE = 250
# Of which one round looks how their jobs have ended.
SETTLE_SLICE = 1_000
# What may be made up at once of a time in which no worker came round, in seconds.
BURST_SECONDS = 1.0
# Fewer ends than this say nothing about the rest.
ENDS_MIN = 20
# How many of the last ends decide about an automatic stop; older ones count by half.
RECENT_MAX = 200


def jobs_redrive() -> Round:
    """dead -> queued for the next dead letters of each running redrive; counts them.

    And looks how those replayed before have ended; stops a redrive of which too many failed again.
    """
    return run_round("redrive", _redrive, skipped=Round())


def _redrive() -> Round:
    count, is_full = 0, False
    unsettled = Redrive.objects.filter(settled_at__isnull=True).order_by("id")
    for redrive in unsettled.select_for_update(skip_locked=True):
        _settle(redrive)
        if redrive.state != RedriveState.RUNNING:
            continue
        done = _replay_slice(redrive)
        count += done.count
        is_full |= done.is_full
    return Round(count, is_full=is_full)


def _replay_slice(redrive: Redrive) -> Round:
    now = database_now()
    allowed = min((now - redrive.paced_at).total_seconds() * redrive.rate, _burst(redrive))
    number = min(int(allowed), SLICE)
    if number < 1:
        return Round()
    ids = _next_ids(redrive, number)
    taken = _take(redrive, ids)
    redrive.cursor = ids[-1] if ids else redrive.cursor
    redrive.paced_at = now - timedelta(seconds=(allowed - len(ids)) / redrive.rate)
    redrive.replayed += taken.replayed
    redrive.refused += taken.refused
    redrive.left += len(ids) - taken.replayed - taken.refused
    redrive.refusal = redrive.refusal or taken.refusal
    redrive.save(update_fields=["cursor", "paced_at", "replayed", "refused", "left", "refusal"])
    if len(ids) < number:
        redrive_complete(redrive)
    return Round(taken.replayed, is_full=number == SLICE == len(ids))


def _burst(redrive: Redrive) -> float:
    return max(1.0, redrive.rate * BURST_SECONDS)


def _next_ids(redrive: Redrive, number: int) -> list[UUID]:
    letters = letters_in_order(Selection.of(redrive.selection))
    if redrive.cursor is not None:
        letters = letters.filter(id__gt=redrive.cursor)
    return list(letters.values_list("id", flat=True)[:number])


class _Taken(NamedTuple):
    """What became of a slice."""

    replayed: int
    refused: int
    refusal: str


def _take(redrive: Redrive, ids: list[UUID]) -> _Taken:
    """Replays those of these dead letters that nobody else decides about at this moment."""
    letters = DeadLetter.objects.waiting().filter(id__in=ids).order_by("id")
    columns = ["id", "job_id", "type", "queue"]
    if redrive.changes:
        columns.append("payload")
    replays, refused, refusal = [], 0, ""
    for letter in letters.only(*columns).select_for_update(skip_locked=True):
        try:
            change = changed(letter, redrive.changes)
        except ChangeRefused as error:
            refused, refusal = refused + 1, refusal or str(error)
            continue
        replays.append(Replay(letter.job_id, letter.id, change))
    queued = jobs_queue_again(replays)
    replayed = [one.letter_id for one in replays if one.job_id in queued]
    DeadLetter.objects.filter(id__in=replayed).resolve(
        Resolution.REPLAYED,
        by_id=redrive.created_by_id,
        by_name=redrive.created_by_name,
        redrive_id=redrive.id,
    )
    return _Taken(len(queued), refused, refusal)


def _settle(redrive: Redrive) -> None:
    """Counts the replayed jobs that have ended, of the next slice of those not known to have."""
    [(last, looked_at, ended)] = run(
        "settle_redrive",
        redrive_id=redrive.id,
        after=redrive.settle_cursor,
        limit=SETTLE_SLICE,
    )
    counts = Counter[str](json.loads(ended) if isinstance(ended, str) else ended)
    is_whole = redrive.settle_cursor is None and looked_at < SETTLE_SLICE
    redrive.settle_cursor = last if looked_at >= SETTLE_SLICE else None
    _count(redrive, counts)
    if is_whole and looked_at == counts.total() and redrive.state != RedriveState.RUNNING:
        redrive.settled_at = database_now()
    redrive.save(update_fields=_SETTLED_FIELDS)
    if redrive.state == RedriveState.RUNNING and (why := _too_many_failed(redrive)):
        redrive_stop(redrive, why)


_SETTLED_FIELDS = [
    "settle_cursor",
    "settled_at",
    "succeeded",
    "failed",
    "ended_otherwise",
    "recent",
    "recent_failed",
]


def _count(redrive: Redrive, counts: Mapping[str, Any]) -> None:
    failed, total = counts[JobState.DEAD], sum(counts.values())
    succeeded = counts[JobState.SUCCEEDED] + counts[JobState.SKIPPED]
    redrive.succeeded += succeeded
    redrive.failed += failed
    redrive.ended_otherwise += total - succeeded - failed
    redrive.recent += total
    redrive.recent_failed += failed
    while redrive.recent > RECENT_MAX:
        redrive.recent //= 2
        redrive.recent_failed //= 2


def _too_many_failed(redrive: Redrive) -> str:
    """Why the redrive stops; empty if it goes on."""
    if redrive.stop_at_percent is None or redrive.recent < ENDS_MIN:
        return ""
    percent = 100 * redrive.recent_failed / redrive.recent
    if percent < redrive.stop_at_percent:
        return ""
    return f"{percent:.0f} % of the replayed that ended last are dead again"
