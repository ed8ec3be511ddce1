"""What people say about a dead letter before anybody decides: whose it is, and notes."""

from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ObjectDoesNotExist

from jobs.core.actor import CODE, Actor
from jobs.core.redrive_errors import UnknownPerson
from jobs.models import DeadLetter, Event
from jobs.services.events import event_record
from jobs.services.short_transaction import short_transaction
from jobs.services.visibility import VIEW_DEAD_LETTERS
from jobs.sql.contention import repeats_conflicts


@repeats_conflicts
def dead_letter_assign(
    *, dead_letter_id: UUID, assigned_to: str, actor: Actor = CODE, reason: str = ""
) -> DeadLetter:
    """Says who looks after a dead letter; an empty name: nobody. Returns it.

    Raises UnknownPerson, DeadLetter.DoesNotExist.
    """
    name = person_named(assigned_to)
    with short_transaction():
        letter = DeadLetter.objects.select_for_update().get(id=dead_letter_id)
        if letter.assigned_to != name:
            DeadLetter.objects.filter(id=letter.id).update(assigned_to=name)
            event_record(
                action="dead_letter.assigned",
                subject_type="dead_letter",
                subject_id=letter.id,
                actor=actor,
                reason=reason,
                before={"assigned_to": letter.assigned_to},
                after={"assigned_to": name},
            )
            letter.assigned_to = name
    return letter


def dead_letter_note(*, dead_letter_id: UUID, note: str, actor: Actor = CODE) -> Event:
    """Writes a note about a dead letter: an event, so that it is neither changed nor lost.

    Raises DeadLetter.DoesNotExist.
    """
    letter = DeadLetter.objects.only("id").get(id=dead_letter_id)
    return event_record(
        action="dead_letter.noted",
        subject_type="dead_letter",
        subject_id=letter.id,
        actor=actor,
        reason=note,
    )


def person_named(name: str) -> str:
    """The name as its account has it; raises UnknownPerson if that may not see dead letters."""
    if not name:
        return ""
    try:
        person = get_user_model()._default_manager.get_by_natural_key(name)
    except ObjectDoesNotExist:
        raise UnknownPerson(name) from None
    may_see = isinstance(person, PermissionsMixin) and person.has_perm(VIEW_DEAD_LETTERS)
    if not (person.is_active and may_see):
        raise UnknownPerson(name)
    return str(person.get_username())
