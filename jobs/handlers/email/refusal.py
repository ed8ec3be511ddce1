"""Which refusals of a mail server are for good, so that the job is not retried.

Every reply of 500 to 599 is (RFC 5321, 4.2.1), at any point of the dialogue. That includes refused
credentials (535): only an operator can correct them, which takes longer than the retries of a job
last, and repeating wrong ones gets accounts locked. Once they are correct, the dead letters are
replayed. For the same reason a server that lacks STARTTLS or AUTH, which the settings ask for, is
not tried again.
"""

import smtplib

from jobs import PermanentError
from jobs.handlers.email.smtp import Reply


def permanent_refusal(error: smtplib.SMTPException) -> PermanentError | None:
    """The PermanentError to raise if another attempt would be useless; None if it may succeed."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            # If one recipient is only put off (4xx), retry: nobody has been sent the mail yet.
            if all(_is_permanent(code) for code, _ in recipients.values()):
                return PermanentError(f"the mail server refused {_each(recipients)}")
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=text):
            if _is_permanent(code):
                return PermanentError(
                    f"the mail server refused the credentials of EMAIL_URL: {code} {_text(text)}; "
                    "set them right and replay"
                )
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            if _is_permanent(code):
                return PermanentError(f"the mail server refused: {code} {_text(text)}")
        case smtplib.SMTPNotSupportedError():
            return PermanentError(
                f"the mail server cannot do what EMAIL_URL asks for: {error}; "
                "set it right and replay"
            )
    return None


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600


def _each(recipients: dict[str, Reply]) -> str:
    return ", ".join(f"{one}: {code} {_text(text)}" for one, (code, text) in recipients.items())


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
