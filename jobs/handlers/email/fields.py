"""Serializer fields for mails. No value that they accept can add a header to a mail."""

import unicodedata
from email.utils import getaddresses, quote
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from jobs.handlers.email.address import check_mailbox, envelope_address

# Unicode's categories of control characters, line and paragraph separators: Python's email package
# breaks lines at all of them.
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
        # If values were trimmed, a trailing line break would be dropped instead of refused.
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators.append(validate_one_line)

    def to_internal_value(self, data: Any) -> str:
        """The text; one that is too long is refused before anything else looks at it."""
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        if self.max_length is not None and len(text) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return text


def _validate_domain(address: str) -> None:
    """Refuses a domain that is well-formed in Unicode and has no ASCII form."""
    try:
        envelope_address(address)
    except ValueError as error:
        raise serializers.ValidationError(
            "The domain of this address has no ASCII form, which mail servers need.", "domain"
        ) from error


class AddressField(OneLineField):
    """A plain address: `ann@example.com`."""

    json_schema = {"type": "string", "format": "email", "minLength": 3, "maxLength": 254}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.validators += [validate_email, _validate_domain]


class MailboxField(OneLineField):
    """An address with or without a name: `Ann Example <ann@example.com>`."""

    json_schema = {"type": "string", "minLength": 3, "maxLength": 320}

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
    """A list of mailboxes; a single one may be given as a text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=MailboxField(), **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        """A list, or one of its items."""
        items = MailboxField.json_schema
        bounds = {"minItems": 0 if self.allow_empty else 1, "maxItems": self.max_length}
        known = {name: value for name, value in bounds.items() if value is not None}
        return {"anyOf": [{"type": "array", "items": items, **known}, items]}

    def to_internal_value(self, data: Any) -> list[str]:
        mailboxes: list[str] = super().to_internal_value([data] if isinstance(data, str) else data)
        return mailboxes


def _mailbox(text: str) -> str:
    """The one mailbox in the text, quoted for mail headers; raises ValueError if it is not one."""
    [(name, address)] = getaddresses([text])
    validate_email(address)
    mailbox = f'"{quote(name)}" <{address}>' if name else address
    check_mailbox(mailbox)
    return mailbox
