"""From which addresses clients may have mail sent."""

from django.conf import settings

from jobs.core.conf import jobs_conf
from jobs.handlers.email.address import envelope_address


def is_allowed_sender(mailbox: str) -> bool:
    """Whether mail may come from there: from DEFAULT_FROM_EMAIL, or what JOBS_EMAIL_FROM names.

    An entry there is an address, or a domain with an `@` before it.
    """
    address = _comparable(mailbox)
    allowed = {_comparable(one) for one in (settings.DEFAULT_FROM_EMAIL, *jobs_conf().email_from)}
    return address in allowed or f"@{address.rpartition('@')[2]}" in allowed


def _comparable(mailbox: str) -> str:
    try:
        return envelope_address(mailbox).casefold()
    except ValueError:
        return ""
