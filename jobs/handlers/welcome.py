"""`send_welcome_email`: a user is welcomed once."""

import logging

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.encoding import punycode
from rest_framework import serializers

from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.email.delivery import deliver
from jobs.handlers.email.fields import AddressField, OneLineField
from jobs.handlers.registry import job_type

logger = logging.getLogger(__name__)


class WelcomePayload(serializers.Serializer[Payload]):
    """What clients send for `send_welcome_email`."""

    email = AddressField()
    name = OneLineField(required=False, max_length=100)


def same_address(payload: Payload) -> str:
    """The address in the form in which two spellings of it are equal.

    All of it is case-folded. The standard lets a mail server tell `Ann@` from `ann@`; hardly one
    does, while people write their own address both ways. A wrong guess here costs a welcome that
    is not sent, the other guess two that are.
    """
    local, _, domain = payload["email"].rpartition("@")
    return f"{local.casefold()}@{punycode(domain).casefold()}"


@job_type(
    "send_welcome_email",
    payload=WelcomePayload,
    effect=Effect.ONCE,
    queue="emails",
    key=same_address,
)
def send_welcome_email(payload: Payload, context: JobContext) -> None:
    """Sends the welcome; subject and text are templates that a project may override."""
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
        extra={"job_id": str(context.job_id), "attempt": context.attempt},
    )
