"""A redrive is started: from then on the workers replay what it selects."""

from collections.abc import Mapping
from typing import Any

from jobs.core.actor import Actor
from jobs.core.redrive_errors import NothingSelected
from jobs.core.selection import Selection
from jobs.models import Redrive
from jobs.services.dead_letter_groups import group_called
from jobs.services.dead_letters.payload_change import masked_changes
from jobs.services.events import actor_with_id, event_record
from jobs.services.redrives.selected import interrupted_among, letters_selected
from jobs.services.short_transaction import short_transaction
from jobs.services.time_limit import statements_within
from jobs.sql.contention import repeats_conflicts
from jobs.sql.statements import database_now

# Dead letters a second. More than the highest one worker does not replay.
RATE_MIN, RATE_DEFAULT, RATE_MAX = 0.1, 50.0, 2_000.0
# Of the last that have ended.
STOP_AT_PERCENT_DEFAULT = 50
# A selection by ids is meant for what a person has ticked.
IDS_MAX = 1_000
# Counting 200,000 takes some tenths of a second.
COUNT_SECONDS = 10.0


@repeats_conflicts
def redrive_start(
    *,
    selection: Selection,
    rate: float = RATE_DEFAULT,
    stop_at_percent: int | None = STOP_AT_PERCENT_DEFAULT,
    changes: Mapping[str, Any] | None = None,
    created_by_id: Any = None,
    actor: Actor | None = None,
    reason: str = "",
) -> Redrive:
    """Begins to replay what the selection finds now, the jobs that died first before others.

    What dies later is not part of it, so that what fails again is replayed once. Those whose effect
    may have happened are left out unless the selection asks for them. `rate`: dead letters a
    second, RATE_MIN to RATE_MAX. `stop_at_percent`: the redrive stops by itself when this share
    of the replayed that ended last is dead again; None: never. `changes`: payload fields that each
    job gets; those whose type does not take them are counted and left. `created_by_id`: the user
    who decided, and `reason`: why; `actor`: who, where that is no user. The event has both.

    Returns the redrive, which is `running`.
    Raises NothingSelected, and StatementTooSlow if nothing finds the dead letters in time.
    """
    actor = actor or actor_with_id(created_by_id)
    now = database_now()
    until = now if selection.created_before is None else min(now, selection.created_before)
    selection, error = _described(selection)
    selection = selection._replace(created_before=until)
    total = _counted(selection)
    with short_transaction():
        redrive = Redrive.objects.create(
            selection=selection.stored(),
            changes=dict(changes) if changes else None,
            rate=rate,
            stop_at_percent=stop_at_percent,
            reason=reason,
            error=error,
            created_by_id=created_by_id,
            created_by_name=actor.name,
            total=total,
        )
        event_record(
            action="redrive.started",
            subject_type="redrive",
            subject_id=redrive.id,
            actor=actor,
            reason=reason,
            after={
                "selection": redrive.selection,
                "changes": masked_changes(selection.type, changes),
                "rate": rate,
                "stop_at_percent": stop_at_percent,
                "total": total,
            },
        )
        redrive.refresh_from_db()
    return redrive


def _described(selection: Selection) -> tuple[Selection, str]:
    """The selection with the type of its fingerprint, and the newest error; of others nothing.

    A fingerprint is of one type: named, it says which payload fields are sensitive.
    """
    if selection.fingerprint is None:
        return selection, ""
    called = group_called(selection.fingerprint)
    if called is None:
        return selection, ""
    return selection._replace(type=selection.type or called.type), called.error


def _counted(selection: Selection) -> int:
    with statements_within(COUNT_SECONDS):
        if total := letters_selected(selection).count():
            return total
        interrupted = 0
        if not selection.include_interrupted:
            interrupted = interrupted_among(selection).count()
    raise NothingSelected(interrupted)
