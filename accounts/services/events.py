"""What happens to accounts is written down, where the project keeps such events.

`settings.EVENT_RECORDER` names the function that writes one: this app knows of no other.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

SUBJECT = "account"

_NOTHING: Mapping[str, Any] = {}


class AccountActor(NamedTuple):
    """Who did it, by what is kept of the account; empty where that is not known."""

    id: str = ""
    name: str = ""


UNKNOWN = AccountActor()


def account_event(
    *,
    action: str,
    account: Any,
    by: Any = None,
    subject_type: str = SUBJECT,
    reason: str = "",
    before: Mapping[str, Any] = _NOTHING,
    after: Mapping[str, Any] = _NOTHING,
) -> None:
    """Writes one event; to be called in the transaction of what was done.

    `account`: whose, None for one that there is not. `by`: the user who did it; None: not known.
    No secret and no password may be in `before` and `after`.
    """
    if not settings.EVENT_RECORDER:
        return
    import_string(settings.EVENT_RECORDER)(
        action=action,
        subject_type=subject_type,
        subject_id="" if account is None else account.pk,
        actor=UNKNOWN if by is None else AccountActor(str(by.pk), by.get_username()),
        reason=reason,
        before=before,
        after=after,
    )
