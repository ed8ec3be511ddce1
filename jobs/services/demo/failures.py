"""Why jobs of the demonstration died: twelve kinds, each with its time, clients and payload."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from jobs.core.states import DeathReason, Resolution

# To this mailbox nothing can be delivered: the mail sink of a checkout refuses what begins so. It
# is the fault that a person is to find and correct.
WRONG_MAILBOX = "refused-payments@example.com"
RIGHT_MAILBOX = "payments@example.com"

_APP = "/app/jobs/handlers"
_LIB = "/usr/local/lib/python3.13"
_SEND = (
    (f"{_APP}/email/send_email.py", 104, "send_email", "accepted = deliver(message, context)"),
    (f"{_APP}/email/delivery.py", 31, "deliver", "refused = _send(message, context)"),
    (f"{_APP}/email/delivery.py", 51, "_send", "backend.send_messages([message])"),
)
_SMTP = (
    *_SEND,
    (f"{_APP}/email/smtp.py", 72, "sendmail", "self.refused = super().sendmail(*args, **kwargs)"),
    (f"{_LIB}/smtplib.py", 887, "sendmail", "raise SMTPRecipientsRefused(senderrs)"),
)
_REFUSED = (*_SEND, (f"{_APP}/email/delivery.py", 60, "_send", "raise permanent from error"))
_CALL = (
    (f"{_APP}/http_request/http_request.py", 116, "http_request", "raise _failure(method, ...)"),
)
_CONNECT = (
    (f"{_APP}/http_request/http_request.py", 98, "http_request", "answer = _answer(payload, ...)"),
    (f"{_APP}/http_request/http_request.py", 152, "_answer", "raise CallFailed("),
)

Frames = tuple[tuple[str, int, str, str], ...]


@dataclass(frozen=True)
class Failure:
    """One kind of dead letters.

    `share`: how many of a thousand; `hours_ago`: from when until when, None for all the time.
    `payload`, which is JSON, and `message`: of the n-th; `resolved`: what became of one in ten.
    """

    type: str
    reason: DeathReason
    attempts: int
    error: str
    share: int
    client: str
    payload: Callable[[int], str]
    message: Callable[[int], str]
    frames: Frames = ()
    hours_ago: tuple[int, int] | None = None
    resolved: Resolution | None = None

    @property
    def queue(self) -> str:
        return "default" if self.type == "http_request" else "emails"

    @cached_property
    def traceback(self) -> str:
        """Its frames as Python prints them, without the last line."""
        frames = [
            f'  File "{file}", line {line}, in {function}\n    {code}\n'
            for file, line, function, code in self.frames
        ]
        return "".join(["Traceback (most recent call last):\n", *frames]) if frames else ""


def mail(n: int, to: str | None = None, subject: str = "Your order") -> str:
    """The payload of a mail, as JSON."""
    to = to or f"customer{n}@example.com"
    text = f"Thank you. Order {100_000 + n} is on its way."
    return f'{{"to": ["{to}"], "subject": "{subject} {100_000 + n}", "text": "{text}"}}'


def welcome(n: int) -> str:
    """The payload of a welcome, as JSON."""
    return f'{{"email": "new.user{n}@example.com", "name": "User {n}"}}'


def call(n: int, service: str = "crm") -> str:
    """The payload of a call, as JSON."""
    return (
        f'{{"method": "POST", "url": "https://{service}.example.com/hooks/orders", '
        f'"json": {{"order": {100_000 + n}, "state": "paid"}}, '
        '"secret_headers": {"Authorization": "Bearer 2f6d1c"}, "timeout_seconds": 30.0}'
    )


FAILURES = (
    Failure(
        "send_email", DeathReason.EXHAUSTED, 2, "SMTPRecipientsRefused", 250, "demo-billing",
        lambda n: mail(n, WRONG_MAILBOX, "Declined: the payment of order"),
        lambda n: f"{{'{WRONG_MAILBOX}': (451, b'4.7.1 Mailbox refused; try again later')}}",
        _SMTP, hours_ago=(1, 0),
    ),
    Failure(
        "send_email", DeathReason.EXHAUSTED, 5, "TimeoutError", 160, "demo-newsletter",
        mail, lambda n: "timed out",
        (*_SEND, (f"{_LIB}/socket.py", 849, "create_connection", "sock.connect(sa)")),
        hours_ago=(220, 214), resolved=Resolution.REPLAYED,
    ),
    Failure(
        "send_email", DeathReason.PERMANENT, 1, "PermanentError", 130, "demo-shop",
        mail,
        lambda n: f"the mail server refused customer{n}@example.com: 550 5.1.1 No such user here",
        _REFUSED, resolved=Resolution.DISCARDED,
    ),
    Failure(
        "send_email", DeathReason.INTERRUPTED, 1, "WorkerLost", 2, "demo-shop",
        mail, lambda n: "the worker was lost while it ran this attempt", hours_ago=(73, 72),
    ),
    Failure(
        "send_email", DeathReason.EXHAUSTED, 5, "SMTPServerDisconnected", 40, "demo-support",
        mail, lambda n: "Connection unexpectedly closed", _SMTP[:4], hours_ago=(400, 390),
    ),
    Failure(
        "send_welcome_email", DeathReason.PERMANENT, 1, "PermanentError", 60, "demo-signup",
        welcome,
        lambda n: f"the mail server refused new.user{n}@example.com: 553 5.1.2 Bad domain",
        _REFUSED, resolved=Resolution.DISCARDED,
    ),
    Failure(
        "send_welcome_email", DeathReason.EXHAUSTED, 5, "TemplateDoesNotExist", 48, "demo-signup",
        welcome, lambda n: "jobs/welcome/text.txt",
        (
            (f"{_APP}/welcome.py", 72, "send_welcome_email", "body=render_to_string(...)"),
            (f"{_LIB}/site-packages/django/template/loader.py", 61, "render_to_string", "..."),
        ),
        hours_ago=(301, 298),
    ),
    Failure(
        "http_request", DeathReason.EXHAUSTED, 5, "CallFailed", 140, "demo-crm",
        call, lambda n: "POST https://crm.example.com was answered 503: Service Unavailable",
        _CALL, hours_ago=(130, 121),
    ),
    Failure(
        "http_request", DeathReason.PERMANENT, 1, "PermanentError", 90, "demo-partners",
        lambda n: call(n, "partner"),
        lambda n: f"POST https://partner.example.com was answered 404: no order {100_000 + n}",
        _CALL, resolved=Resolution.DISCARDED,
    ),
    Failure(
        "http_request", DeathReason.PERMANENT, 1, "PermanentError", 30, "demo-mobile",
        lambda n: call(n, "push"),
        lambda n: f"POST https://push.example.com was answered 422: token {n:08x} is malformed",
        _CALL,
    ),
    Failure(
        "http_request", DeathReason.EXHAUSTED, 5, "CallFailed", 45, "demo-inventory",
        lambda n: call(n, "stock"),
        lambda n: "https://stock.example.com gave no answer within 30 s",
        _CONNECT, hours_ago=(40, 20),
    ),
    Failure(
        "http_request", DeathReason.CRASH_LOOP, 3, "WorkerLost", 5, "demo-lab",
        lambda n: call(n, "lab"),
        lambda n: "the worker was lost while it ran this attempt",
        hours_ago=(500, 499),
    ),
)  # fmt: skip
