"""One mail is sent, and what the mail server answers decides what happens to the job."""

import logging
import smtplib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from jobs import JobContext, OutcomeUnknown
from jobs.handlers.email.address import envelope_address
from jobs.handlers.email.backend import mail_backend
from jobs.handlers.email.refusal import permanent_refusal
from jobs.handlers.email.smtp import CarefulEmailBackend, Reply

logger = logging.getLogger(__name__)


def deliver(message: EmailMessage, context: JobContext) -> list[str]:
    """Sends the mail; returns the recipients that the mail server has accepted it for.

    The effect begins when the server has accepted recipients, before the body is sent. The
    Message-ID is the same in each attempt of a job. Raises PermanentError if the server
    refuses the mail for good, and OutcomeUnknown if it may have taken it; after any other
    exception it has not.
    """
    message.extra_headers["Message-ID"] = message_id(context.job_id, message.from_email)
    refused = _send(message, context)
    if refused:
        _report(refused, message, context)
    return [one for one in message.recipients() if envelope_address(one) not in refused]


def message_id(job_id: UUID, from_email: str) -> str:
    """The Message-ID of a job's mail, in the sender's domain."""
    return f"<{job_id}@{envelope_address(from_email).rpartition('@')[2]}>"


def mail_evidence(payload: Mapping[str, Any], job_id: UUID, effect_key: str) -> dict[str, str]:
    """What to look for on the mail server: whether it has a mail with this Message-ID."""
    sender = payload.get("from_email") or settings.DEFAULT_FROM_EMAIL
    return {"Message-ID": message_id(job_id, sender)}


def _send(message: EmailMessage, context: JobContext) -> Mapping[str, Reply]:
    backend = mail_backend()
    try:
        with backend:
            if not _says_where_the_body_begins(backend, context):
                context.effect_begins()
            backend.send_messages([message])
            return _refused(backend)
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(backend, CarefulEmailBackend):
            raise  # the body was not complete: see CarefulSMTP
        raise OutcomeUnknown(f"connection lost at an unknown point: {error}") from error
    except smtplib.SMTPException as error:
        if permanent := permanent_refusal(error):
            raise permanent from error
        raise


def _says_where_the_body_begins(backend: BaseEmailBackend, context: JobContext) -> bool:
    return isinstance(backend, CarefulEmailBackend) and backend.call_before_body(
        context.effect_begins
    )


def _refused(backend: BaseEmailBackend) -> Mapping[str, Reply]:
    """The refused recipients by plain address: some versions of Django send the name as well."""
    if not isinstance(backend, CarefulEmailBackend):
        return {}
    return {envelope_address(one): reply for one, reply in backend.refused.items()}


def _report(refused: Mapping[str, Reply], message: EmailMessage, context: JobContext) -> None:
    """Logs the refused recipients: a retry would send the mail again to those who have it."""
    logger.warning(
        "Email accepted for some recipients only and not repeated; refused: %s",
        ", ".join(f"{one} ({code} {text!r})" for one, (code, text) in refused.items()),
        extra={
            "event": "email.partly_refused",
            "job_id": str(context.job_id),
            "attempt": context.attempt,
            "message_id": message.extra_headers["Message-ID"],
            "refused": list(refused),
        },
    )
