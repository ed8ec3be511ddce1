"""The job type `send_email`: one mail to the recipients that the client names."""

import logging

from django.core.mail import EmailMultiAlternatives
from rest_framework import serializers

from jobs import Effect, JobContext, job_type
from jobs.core.conf import jobs_conf
from jobs.core.conf_rules import EMAIL_RECIPIENTS_LIMIT
from jobs.handlers.context import Payload
from jobs.handlers.email.delivery import deliver, mail_evidence
from jobs.handlers.email.fields import MailboxesField, MailboxField, OneLineField
from jobs.handlers.email.sender import is_allowed_sender

logger = logging.getLogger(__name__)


class SendEmailPayload(serializers.Serializer[Payload]):
    """What a client sends for `send_email`."""

    to = MailboxesField(allow_empty=False, max_length=EMAIL_RECIPIENTS_LIMIT)
    cc = MailboxesField(required=False, max_length=EMAIL_RECIPIENTS_LIMIT)
    bcc = MailboxesField(required=False, max_length=EMAIL_RECIPIENTS_LIMIT)
    reply_to = MailboxesField(required=False, max_length=10)
    from_email = MailboxField(required=False)
    subject = OneLineField(max_length=900)
    text = serializers.CharField(trim_whitespace=False)
    html = serializers.CharField(trim_whitespace=False, required=False)

    def validate_from_email(self, mailbox: str) -> str:
        """A sender that the settings allow: the service is no open relay."""
        if not is_allowed_sender(mailbox):
            raise serializers.ValidationError(
                "This server does not send mail from that address. Leave from_email out, or ask "
                "its operator to allow it (JOBS_EMAIL_FROM).",
                code="sender_not_allowed",
            )
        return mailbox

    def validate(self, attrs: Payload) -> Payload:
        """Refuses a mail to more people than the settings allow, wherever they are named."""
        count, limit = recipients(attrs), jobs_conf().email_recipients_max
        if count > limit:
            said = (
                f"This mail has {count} recipients in to, cc and bcc; at most {limit} are allowed."
            )
            raise serializers.ValidationError(
                {"to": [serializers.ErrorDetail(said, code="too_many_recipients")]}
            )
        return attrs


def recipients(payload: Payload) -> int:
    """How many mailboxes the mail goes to."""
    return sum(len(payload.get(field) or []) for field in ("to", "cc", "bcc"))


# The texts are masked, because mails carry links that reset passwords.
@job_type(
    "send_email",
    payload=SendEmailPayload,
    effect=Effect.ONCE,
    queue="emails",
    sensitive=("text", "html"),
    recipients=recipients,
    calls_effect_begins=True,
    evidence=mail_evidence,
    example={
        "to": ["Ann Example <ann@example.com>"],
        "subject": "Your report",
        "text": "It is ready.",
    },
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
