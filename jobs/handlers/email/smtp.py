"""SMTP that tells whether the mail may have been sent when a connection is lost.

`smtplib` raises the same error for a connection that is lost before the end of the body is sent and
after it. Here the second is `OutcomeUnknown`: the server may have taken the mail.
"""

import smtplib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from jobs import OutcomeUnknown

Reply = tuple[int, bytes]

END_OF_BODY = b"\r\n.\r\n"

# How many times the usual timeout to wait for the reply to the body. RFC 5321 (4.5.3.2.6) asks for
# ten minutes: servers scan a mail before they answer, and giving up leaves its fate to a person.
PATIENCE_AFTER_BODY = 6

# How long to wait for the reply to QUIT. The mail is delivered or refused by then.
QUIT_SECONDS = 2.0


class CarefulSMTP(smtplib.SMTP):
    """A connection that sends one mail.

    `refused`: the recipients that the server refused while it accepted the mail for others.
    `before_body`: is called once recipients were accepted, before DATA; what it raises ends it.
    """

    body_is_out = False
    before_body: Callable[[], None] | None = None
    refused: Mapping[str, Reply] = MappingProxyType({})

    def send(self, s: Any) -> None:
        """Sends a command or the body; notes it when the body is complete.

        If sending fails, the line that ends the body was not sent: the server cannot take the mail.
        """
        super().send(s)
        if isinstance(s, bytes) and s.endswith(END_OF_BODY):
            self.body_is_out = True
            self._wait_longer()

    def data(self, msg: Any) -> Reply:
        """Sends the body; returns the reply. Raises OutcomeUnknown if the whole body gets none."""
        if self.before_body is not None:
            self.before_body()
        try:
            code, text = super().data(msg)
        except OSError as error:  # the base class of all that smtplib raises
            if self.body_is_out:
                raise OutcomeUnknown(_unknown(str(error))) from error
            raise
        if 200 <= code < 300:
            return 250, text  # smtplib takes any other 2xx for a refusal
        if 400 <= code < 600:
            return code, text
        raise OutcomeUnknown(_unknown(f"{code} {text!r}"))

    def sendmail(self, *args: Any, **kwargs: Any) -> dict[str, Reply]:
        """As smtplib's, but keeps the result in `refused`, because Django drops it."""
        self.refused = super().sendmail(*args, **kwargs)
        return dict(self.refused)

    def quit(self) -> Reply:
        """Sends QUIT and closes the connection. Never raises: it changes nothing about the mail."""
        try:
            if self.sock is not None:
                self.sock.settimeout(QUIT_SECONDS)
            return super().quit()
        except OSError:
            self.close()
            return 221, b""

    def _wait_longer(self) -> None:
        if self.sock is not None and (timeout := self.sock.gettimeout()) is not None:
            self.sock.settimeout(timeout * PATIENCE_AFTER_BODY)


class CarefulSMTPOverTLS(CarefulSMTP, smtplib.SMTP_SSL):
    """The same, over a connection that is encrypted from its start."""


class CarefulEmailBackend(EmailBackend):
    """Django's SMTP backend over `CarefulSMTP`; a project's own SMTP backend derives from it."""

    @property
    def connection_class(self) -> type[CarefulSMTP]:
        """The class of the connection that Django opens."""
        return CarefulSMTPOverTLS if self.use_ssl else CarefulSMTP

    def call_before_body(self, before_body: Callable[[], None]) -> bool:
        """Has the open connection call that; False if it is of another class and will not."""
        if not isinstance(self.connection, CarefulSMTP):
            return False
        self.connection.before_body = before_body
        return True

    @property
    def refused(self) -> Mapping[str, Reply]:
        """The recipients that the server refused while it accepted the mail for others."""
        return self.connection.refused if isinstance(self.connection, CarefulSMTP) else {}


def _unknown(what: str) -> str:
    return (
        "the mail server was sent the whole mail and did not say whether it took it "
        f"({what}); look for its Message-ID there before you replay"
    )
