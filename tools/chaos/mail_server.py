"""A real SMTP server that notes every mail, and can refuse a share or hang up after the body."""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from pathlib import Path
from zlib import crc32

from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.chaos.effects import Effect
from tools.ports import listen, port_of

PORT = 21_025
REFUSED = "451 4.3.0 Refused on purpose; try again later"

# So often in a row one address is refused: a job has four retries, and the last is to succeed.
REFUSALS_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail whose body arrived. `taken`: it counts as sent, whatever the client was told."""

    recipient: str
    job_id: str
    at: float
    taken: bool
    dropped: bool


class MailServer:
    """Serves on a thread. The shares and the pace may be changed at any time."""

    def __init__(self, ledger: Path, seed: int) -> None:
        self.refused_share = 0.0
        self.dropped_share = 0.0
        self.seconds = 0.2  # how long it looks at a mail, as real servers do
        self.mails: list[Mail] = []
        self.refusals: list[float] = []
        self._refused: Counter[str] = Counter()
        self._database = ledger
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable
        self._listener = listen(PORT)
        self.port = port_of(self._listener)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="mail server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._listener.close()

    def behave(self) -> None:
        """No more refusals, no more dropped connections."""
        self.refused_share = self.dropped_share = 0.0

    def effects(self) -> list[Effect]:
        """The mails that were taken."""
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

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await self._loop.create_server(
            lambda: SMTP(self, hostname="localhost", loop=self._loop), sock=self._listener
        )
        await self._stopping.wait()
        server.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if _refused_before_body(address) and self._refuses(address):
            return REFUSED
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        recipient = envelope.rcpt_tos[0]
        if not _refused_before_body(recipient) and self._refuses(recipient):
            return REFUSED
        dropped = self._random.random() < self.dropped_share
        await asyncio.sleep(self.seconds / 2)  # whoever hangs up now has sent nothing
        self._note(envelope, taken=not dropped or self._random.random() < 0.5, dropped=dropped)
        if dropped:
            assert server.transport is not None
            server.transport.close()
        await asyncio.sleep(self.seconds / 2)
        return "250 2.0.0 taken"

    def _refuses(self, recipient: str) -> bool:
        address = recipient.casefold()
        if self._random.random() >= self.refused_share or self._refused[address] >= REFUSALS_LIMIT:
            return False
        self._refused[address] += 1
        self.refusals.append(time.time())
        return True

    def _note(self, envelope: Envelope, *, taken: bool, dropped: bool) -> None:
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        job_id = str(message["Message-ID"]).strip("<> ").partition("@")[0]
        mail = Mail(envelope.rcpt_tos[0].casefold(), job_id, time.time(), taken, dropped)
        with self._database.open("a") as file:
            file.write(json.dumps(asdict(mail)) + "\n")
        self.mails.append(mail)


def _refused_before_body(address: str) -> bool:
    """Half of the addresses are refused at once, the other half once the mail was looked at."""
    return crc32(address.casefold().encode()) % 2 == 0
