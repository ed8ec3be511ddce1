"""What people say about a group: whose it is, that it can wait until it has grown, and notes."""

from typing import Any

from django.db.models.functions import Now

from jobs.core.actor import CODE, Actor
from jobs.models import DeadLetter, DeadLetterGroup, Event
from jobs.services.dead_letter_groups.groups import group_of
from jobs.services.dead_letters.triage import person_named
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.sql.contention import repeats_conflicts

SUBJECT = "dead_letter_group"


@repeats_conflicts
def group_assign(
    *, fingerprint: str, assigned_to: str, actor: Actor = CODE, reason: str = ""
) -> DeadLetterGroup:
    """Says who looks after a group; an empty name: nobody. Returns it.

    Raises UnknownPerson, DeadLetter.DoesNotExist.
    """
    name = person_named(assigned_to)
    with short_transaction():
        group = _locked(fingerprint)
        _change(group, "assigned", {"assigned_to": name}, actor, reason)
    return group


@repeats_conflicts
def group_mute(
    *, fingerprint: str, growth: int, actor: Actor = CODE, reason: str = ""
) -> DeadLetterGroup:
    """Says that a group can wait until `growth` more of its dead letters wait. Returns it.

    Raises DeadLetter.DoesNotExist.
    """
    with short_transaction():
        group = _locked(fingerprint)
        now = group_of(fingerprint)
        changes = {
            "muted_until": (now.count if now else 0) + growth,
            "muted_at": Now(),
            "muted_by": actor.name,
        }
        _change(group, "muted", changes, actor, reason)
    return group


@repeats_conflicts
def group_unmute(*, fingerprint: str, actor: Actor = CODE, reason: str = "") -> DeadLetterGroup:
    """Shows a muted group again. Returns it. Raises DeadLetter.DoesNotExist."""
    with short_transaction():
        group = _locked(fingerprint)
        changes = {"muted_until": None, "muted_at": None, "muted_by": ""}
        _change(group, "unmuted", changes, actor, reason)
    return group


def group_note(*, fingerprint: str, note: str, actor: Actor = CODE) -> Event:
    """Writes a note about a group: an event, so that it is neither changed nor lost."""
    return event_record(
        action="dead_letter_group.noted",
        subject_type=SUBJECT,
        subject_id=fingerprint,
        actor=actor,
        reason=note,
    )


def _locked(fingerprint: str) -> DeadLetterGroup:
    """Its row, which is made for the first decision about it."""
    rows = DeadLetterGroup.objects.select_for_update().filter(fingerprint=fingerprint)
    if (group := rows.first()) is not None:
        return group
    letters = DeadLetter.objects.filter(fingerprint=fingerprint).order_by("-id")
    job_type = letters.only("type")[:1].get().type
    DeadLetterGroup.objects.bulk_create(
        [DeadLetterGroup(fingerprint=fingerprint, type=job_type)], ignore_conflicts=True
    )
    return rows.get()


def _change(
    group: DeadLetterGroup, participle: str, changes: dict[str, Any], actor: Actor, reason: str
) -> None:
    before = _shown(group)
    DeadLetterGroup.objects.filter(pk=group.pk).update(**changes)
    group.refresh_from_db()
    after = _shown(group)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        event_record(
            action=f"dead_letter_group.{participle}",
            subject_type=SUBJECT,
            subject_id=group.pk,
            actor=actor,
            reason=reason,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )


def _shown(group: DeadLetterGroup) -> dict[str, Any]:
    return {"assigned_to": group.assigned_to, "muted_until": group.muted_until}
