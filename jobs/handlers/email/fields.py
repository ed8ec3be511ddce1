"""Payload fields for mails: what passes them cannot add a header to a mail."""

import unicodedata
from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from rest_framework import serializers

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

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=320, **kwargs)
        self.validators.append(validate_mailbox)


class MailboxesField(serializers.ListField):
    """Mailboxes; a single one need not be put in a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=MailboxField(), **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        mailboxes: list[str] = super().to_internal_value([data] if isinstance(data, str) else data)
        return mailboxes


def validate_mailbox(value: str) -> None:
    """Refuses what is not exactly one mailbox, with Django's own parser of it."""
    try:
        sanitize_address(value, "utf-8")
        validate_email(parseaddr(value)[1])
    except (ValueError, DjangoValidationError):
        raise serializers.ValidationError(
            "Enter one e-mail address, with or without a name: Ann <ann@example.com>.",
            code="invalid",
        ) from None
