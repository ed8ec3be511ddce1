"""The job type `send_welcome_email`: each address is welcomed once."""

import logging
import re

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.encoding import punycode
from rest_framework import serializers

from jobs import Effect, JobContext, job_type
from jobs.handlers.context import Payload
from jobs.handlers.email.delivery import deliver, mail_evidence
from jobs.handlers.email.fields import AddressField, OneLineField

logger = logging.getLogger(__name__)

_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


class WelcomePayload(serializers.Serializer[Payload]):
    """What a client sends for `send_welcome_email`."""

    email = AddressField()
    name = OneLineField(required=False, max_length=100)


def same_address(payload: Payload) -> str:
    """The effect key: the address in a form in which all spellings of it are equal.

    All of it is case-folded. RFC 5321 (2.4) lets a mail server tell `Ann@` from `ann@`, but hardly
    any does, and people write their own address both ways. Where a server does, one of two people
    gets no welcome; without folding, many would get two.
    Quotes and backslashes are not part of the name: `"ann"@` is `ann@` (RFC 5321, 4.1.2).
    """
    local, _, domain = payload["email"].rpartition("@")
    if len(local) >= 2 and local[0] == local[-1] == '"':
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
    return f"{local.casefold()}@{punycode(domain).casefold()}"


@job_type(
    "send_welcome_email",
    payload=WelcomePayload,
    effect=Effect.ONCE,
    queue="emails",
    key=same_address,
    calls_effect_begins=True,
    recipients=lambda _: 1,
    evidence=mail_evidence,
    example={"email": "ann@example.com", "name": "Ann"},
)
def send_welcome_email(payload: Payload, context: JobContext) -> None:
    """Sends the welcome. Subject and text are templates, which a project may override."""
    address = payload["email"]
    names = {"name": payload.get("name", ""), "email": address}
    message = EmailMessage(
        subject=render_to_string("jobs/welcome/subject.txt", names).strip(),
        body=render_to_string("jobs/welcome/text.txt", names),
        to=[address],
    )
    deliver(message, context)
    logger.info(
        "Successfully sent welcome email to %s",
        address,
        extra={
            "event": "email.sent",
            "job_id": str(context.job_id),
            "attempt": context.attempt,
            "recipients": [address],
        },
    )
