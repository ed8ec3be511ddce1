"""A mail server that takes what it gets and counts it, and refuses what the mail sink refuses."""

import socket
from collections import Counter

from tools.mail.sink import REFUSED_PREFIX
from tools.mail.smtp_server import ReceivedMail, SmtpServer


class MailCounter(SmtpServer):
    """`taken`: how many mails each address got."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: Counter[str] = Counter()

    def reply_to_recipient(self, address: str) -> str:
        if address.startswith(REFUSED_PREFIX):
            return "451 4.7.1 Mailbox refused; try again later"
        return super().reply_to_recipient(address)

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        with self._lock:
            self.taken.update(mail.recipients)
        return super().reply_to_mail(mail, connection)
