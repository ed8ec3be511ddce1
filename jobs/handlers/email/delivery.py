"""One mail goes out, once: what the mail server says becomes what happens to the job."""

import logging
import smtplib
from collections.abc import Mapping
from uuid import UUID

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from jobs.core.errors import OutcomeUnknown
from jobs.handlers.context import JobContext
from jobs.handlers.email.address import envelope_address
from jobs.handlers.email.backend import mail_backend
from jobs.handlers.email.refusal import permanent_refusal
from jobs.handlers.email.smtp import CarefulEmailBackend, Reply

logger = logging.getLogger(__name__)


def deliver(message: EmailMessage, context: JobContext) -> list[str]:
    """Sends the mail and returns the recipients it was accepted for.

    The Message-ID is the same on every attempt of a job. Raises `PermanentError` for what the
    server refuses for good, `OutcomeUnknown` where it may have taken the mail; after any other
    exception it has not.
    """
    message.extra_headers["Message-ID"] = message_id(context.job_id, message.from_email)
    refused = _send(message)
    if refused:
        _report(refused, message, context)
    return [one for one in message.recipients() if envelope_address(one) not in refused]


def message_id(job_id: UUID, from_email: str) -> str:
    """The Message-ID of a job's mail, in the sender's domain."""
    return f"<{job_id}@{envelope_address(from_email).rpartition('@')[2]}>"


def _send(message: EmailMessage) -> Mapping[str, Reply]:
    backend = mail_backend()
    try:
        with backend:
            backend.send_messages([message])
            return _refused(backend)
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(backend, CarefulEmailBackend):
            raise  # before the body was out: see CarefulSMTP
        raise OutcomeUnknown(f"connection lost at an unknown point: {error}") from error
    except smtplib.SMTPException as error:
        if permanent := permanent_refusal(error):
            raise permanent from error
        raise


def _refused(backend: BaseEmailBackend) -> Mapping[str, Reply]:
    """By plain address: some versions of Django send the name along."""
    if not isinstance(backend, CarefulEmailBackend):
        return {}
    return {envelope_address(one): reply for one, reply in backend.refused.items()}


def _report(refused: Mapping[str, Reply], message: EmailMessage, context: JobContext) -> None:
    """Repeating the job would send the mail again to those who have it: a person must know."""
    logger.warning(
        "Email accepted for some recipients only and not repeated; refused: %s",
        ", ".join(f"{one} ({code} {text!r})" for one, (code, text) in refused.items()),
        extra={
            "job_id": str(context.job_id),
            "attempt": context.attempt,
            "message_id": message.extra_headers["Message-ID"],
            "refused": list(refused),
        },
    )
