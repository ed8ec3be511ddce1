"""Payload fields for mails: what passes them cannot add a header to a mail."""

import unicodedata
from email.utils import getaddresses, quote
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from jobs.handlers.email.address import check_mailbox

# Control characters and Unicode's own line ends: the e-mail package breaks lines at all of them.
LINE_BREAKING = frozenset({"Cc", "Zl", "Zp"})


def validate_one_line(value: str) -> None:
    """Refuses line breaks and other control characters."""
    if any(unicodedata.category(character) in LINE_BREAKING for character in value):
        raise serializers.ValidationError(
            "Line breaks and control characters are not allowed here.", code="one_line"
        )


class OneLineField(serializers.CharField):
    """Text for a header."""

    def __init__(self, **kwargs: Any) -> None:
        # Trimmed, a trailing line break would pass unnoticed instead of being refused.
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators.append(validate_one_line)


class AddressField(OneLineField):
    """A plain address: `ann@example.com`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.validators.append(validate_email)


class MailboxField(OneLineField):
    """An address with or without a name: `Ann Example <ann@example.com>`."""

    default_error_messages = {
        "mailbox": "Enter one e-mail address, with or without a name: Ann <ann@example.com>."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=320, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        validate_one_line(text)
        try:
            return _mailbox(text)
        except (ValueError, DjangoValidationError):
            self.fail("mailbox")


class MailboxesField(serializers.ListField):
    """Mailboxes; a single one need not be put in a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=MailboxField(), **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        mailboxes: list[str] = super().to_internal_value([data] if isinstance(data, str) else data)
        return mailboxes


def _mailbox(text: str) -> str:
    """The one mailbox in the text, in a form that mail headers take as well."""
    [(name, address)] = getaddresses([text])
    validate_email(address)
    mailbox = f'"{quote(name)}" <{address}>' if name else address
    check_mailbox(mailbox)
    return mailbox
