"""The job type `send_email`: one mail to the recipients that the client names."""

import logging

from django.core.mail import EmailMultiAlternatives
from rest_framework import serializers

from jobs import Effect, JobContext, job_type
from jobs.handlers.context import Payload
from jobs.handlers.email.delivery import deliver
from jobs.handlers.email.fields import MailboxesField, MailboxField, OneLineField

logger = logging.getLogger(__name__)

# Mail servers must take 100 recipients of one mail (RFC 5321, 4.5.3.1.8); many take no more.
RECIPIENTS_LIMIT = 50


class SendEmailPayload(serializers.Serializer[Payload]):
    """What a client sends for `send_email`."""

    to = MailboxesField(allow_empty=False, max_length=RECIPIENTS_LIMIT)
    cc = MailboxesField(required=False, max_length=RECIPIENTS_LIMIT)
    bcc = MailboxesField(required=False, max_length=RECIPIENTS_LIMIT)
    reply_to = MailboxesField(required=False, max_length=10)
    from_email = MailboxField(required=False)
    subject = OneLineField(max_length=900)
    text = serializers.CharField(trim_whitespace=False)
    html = serializers.CharField(trim_whitespace=False, required=False)


# The texts are masked, because mails carry links that reset passwords.
@job_type(
    "send_email",
    payload=SendEmailPayload,
    effect=Effect.ONCE,
    queue="emails",
    sensitive=("text", "html"),
    calls_effect_begins=True,
)
def send_email(payload: Payload, context: JobContext) -> None:
    """Sends the mail, and logs the recipients that it was accepted for."""
    message = EmailMultiAlternatives(
        subject=payload["subject"],
        body=payload["text"],
        from_email=payload.get("from_email"),
        to=payload["to"],
        cc=payload.get("cc"),
        bcc=payload.get("bcc"),
        reply_to=payload.get("reply_to"),
    )
    if html := payload.get("html"):
        message.attach_alternative(html, "text/html")
    accepted = deliver(message, context)
    logger.info(
        "Successfully sent email to %s",
        ", ".join(accepted),
        extra={
            "event": "email.sent",
            "job_id": str(context.job_id),
            "attempt": context.attempt,
            "recipients": accepted,
        },
    )
