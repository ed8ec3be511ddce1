"""The mail server of bin/chaos: it can refuse a share of the mails, or hang up after the body."""

import json
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

from tools.chaos.effects import Effect
from tools.mail.smtp_server import HangUp, ReceivedMail, SmtpServer, has_hung_up
from tools.ports import listen

PORT = 21_025
REFUSED = "451 4.3.0 Refused on purpose; try again later"

# A job has four retries, and the last is to succeed: one address is refused at most so often.
REFUSALS_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail whose body arrived. `taken`: it counts as sent, whatever the client was told."""

    recipient: str
    job_id: str
    at: float
    taken: bool
    dropped: bool


class MailServer(SmtpServer):
    """Notes every mail in `record`. The shares and the pace may be changed at any time."""

    def __init__(self, record: Path, seed: int) -> None:
        super().__init__(listen(PORT))
        self.refused_share = 0.0
        self.dropped_share = 0.0
        self.seconds = 0.2  # how long it looks at a mail, as real servers do
        self.mails: list[Mail] = []
        self.refusals: list[float] = []
        self._refused: Counter[str] = Counter()
        self._record = record
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable
        self._noting = threading.Lock()

    def behave(self) -> None:
        """No more refusals, no more dropped connections."""
        self.refused_share = self.dropped_share = 0.0

    def effects(self) -> list[Effect]:
        """Returns the mails that were taken."""
        return [
            Effect(
                mail.recipient,
                mail.job_id,
                mail.at,
                "mail taken, then the connection dropped" if mail.dropped else "mail taken",
            )
            for mail in list(self.mails)
            if mail.taken
        ]

    def reply_to_recipient(self, address: str) -> str:
        if _refused_before_body(address) and self._refuses(address):
            return REFUSED
        return super().reply_to_recipient(address)

    def reply_to_mail(self, mail: ReceivedMail, connection: socket.socket) -> str:
        recipient = mail.recipients[0]
        if not _refused_before_body(recipient) and self._refuses(recipient):
            return REFUSED
        dropped = self._random.random() < self.dropped_share
        time.sleep(self.seconds / 2)
        if has_hung_up(connection):  # before the mail was taken: nothing was sent
            raise HangUp
        self._note(mail, taken=not dropped or self._random.random() < 0.5, dropped=dropped)
        if dropped:
            raise HangUp
        time.sleep(self.seconds / 2)
        return "250 2.0.0 taken"

    def _refuses(self, recipient: str) -> bool:
        address = recipient.casefold()
        with self._noting:
            if self._random.random() >= self.refused_share:
                return False
            if self._refused[address] >= REFUSALS_LIMIT:
                return False
            self._refused[address] += 1
            self.refusals.append(time.time())
            return True

    def _note(self, received: ReceivedMail, *, taken: bool, dropped: bool) -> None:
        job_id = str(received.message["Message-ID"]).strip("<> ").partition("@")[0]
        recipient = received.recipients[0].casefold()
        mail = Mail(recipient, job_id, time.time(), taken, dropped)
        with self._noting, self._record.open("a") as file:
            file.write(json.dumps(asdict(mail)) + "\n")
            self.mails.append(mail)


def _refused_before_body(address: str) -> bool:
    """Half of the addresses are refused at once, the other half once the mail was looked at."""
    return crc32(address.casefold().encode()) % 2 == 0
