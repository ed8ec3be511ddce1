"""A whole group is discarded in the admin: what it would do is shown, then it is confirmed.

What was shown goes with the form in a signed text: a dead letter that comes meanwhile is no part of
it, and the number to be typed is the one on the page.
"""

from datetime import datetime
from typing import NamedTuple

from django.core import signing
from django.http import HttpRequest, HttpResponse

from jobs.admin.dead_letters.confirmation import DISCARD
from jobs.admin.shared.decision import confirmation, is_confirmed
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import REASON_MAX
from jobs.services.dead_letter_groups import Group, GroupDiscarded, group_discard
from jobs.sql.statements import database_now

_SALT = "jobs.admin.dead_letter_group.discard"
# A page that was left open longer than this shows what is no longer so.
_PAGE_SECONDS = 3_600


class Seen(NamedTuple):
    """What the person was shown: the group, up to when, and how many waited."""

    fingerprint: str
    until: datetime
    number: int


def discard_page(model_admin: ModelAdmin, request: HttpRequest, group: Group) -> HttpResponse:
    """Asks for a reason, and for the number where it is large."""
    said = [group.fingerprint, database_now().isoformat(), group.count]
    return confirmation(
        model_admin,
        request,
        DISCARD,
        [],
        counted=counted(group.count),
        count=group.count,
        group=group,
        seen=signing.dumps(said, salt=_SALT, compress=True),
        reason_max=REASON_MAX,
        needs_reason=True,
    )


def confirmed(request: HttpRequest, fingerprint: str) -> Seen | None:
    """What the person has confirmed, with a reason; None if the page is to be shown again."""
    try:
        text = request.POST.get("seen", "")
        named, until, count = signing.loads(text, salt=_SALT, max_age=_PAGE_SECONDS)
    except signing.BadSignature:
        return None
    if named != fingerprint or not text_in(request) or not is_confirmed(request, count):
        return None
    return Seen(named, datetime.fromisoformat(until), count)


def discard(request: HttpRequest, seen: Seen) -> GroupDiscarded:
    """Raises DeadLetter.DoesNotExist."""
    return group_discard(
        fingerprint=seen.fingerprint,
        until=seen.until,
        resolved_by_id=request.user.pk,
        reason=text_in(request),
    )


def counted(number: int) -> str:
    """How many, in words."""
    return f"{number:,} dead {'letter' if number == 1 else 'letters'}"
