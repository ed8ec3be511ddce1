"""SMTP that knows its border: until the end of the body is out, nothing has happened.

`smtplib` reports a connection lost before and after the body in the same words; here the second
is `OutcomeUnknown`, because the server may have taken the mail.
"""

import smtplib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from jobs.core.errors import OutcomeUnknown

Reply = tuple[int, bytes]

END_OF_BODY = b"\r\n.\r\n"

# RFC 5321 (4.5.3.2.6) asks for far more patience here than elsewhere: servers look through a mail
# before they answer, and giving up too soon leaves a person to find out what became of it.
PATIENCE_AFTER_BODY = 6

# The mail is delivered or refused by then; a silent goodbye must not hold up its job.
QUIT_SECONDS = 2.0


class CarefulSMTP(smtplib.SMTP):
    """One connection for one mail. `refused`: recipients left out of a mail that was accepted."""

    body_is_out = False
    refused: Mapping[str, Reply] = MappingProxyType({})

    def send(self, s: Any) -> None:
        """Sends a command or the body, and notes when the body is complete.

        If sending the body fails, its last line never left, so the server cannot take the mail.
        """
        super().send(s)
        if isinstance(s, bytes) and s.endswith(END_OF_BODY):
            self.body_is_out = True
            self._wait_longer()

    def data(self, msg: Any) -> Reply:
        """The answer to the body; raises `OutcomeUnknown` if there is none after it is out."""
        try:
            code, text = super().data(msg)
        except OSError as error:  # the base of all that smtplib raises
            if self.body_is_out:
                raise OutcomeUnknown(_unknown(str(error))) from error
            raise
        if 200 <= code < 300:
            return 250, text  # smtplib takes every other 2xx for a refusal
        if 400 <= code < 600:
            return code, text
        raise OutcomeUnknown(_unknown(f"{code} {text!r}"))

    def sendmail(self, *args: Any, **kwargs: Any) -> dict[str, Reply]:
        """As smtplib's; Django drops its result, so it is kept in `refused`."""
        self.refused = super().sendmail(*args, **kwargs)
        return dict(self.refused)

    def quit(self) -> Reply:
        """Says goodbye and closes. Never fails: it changes nothing about the mail."""
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
    """The same where the connection is encrypted from its start."""


class CarefulEmailBackend(EmailBackend):
    """Django's SMTP backend over `CarefulSMTP`; a project's own SMTP backend derives from it."""

    @property
    def connection_class(self) -> type[CarefulSMTP]:
        """The class of the connection."""
        return CarefulSMTPOverTLS if self.use_ssl else CarefulSMTP

    @property
    def refused(self) -> Mapping[str, Reply]:
        """Recipients that were refused while the mail was accepted for the others."""
        return self.connection.refused if isinstance(self.connection, CarefulSMTP) else {}


def _unknown(what: str) -> str:
    return (
        "the mail server was sent the whole mail and did not say whether it took it "
        f"({what}); look for its Message-ID there before you replay"
    )
