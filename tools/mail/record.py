"""What the mail sink took and what it refused, one JSON line each, so that it can be counted."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "record.jsonl"


@dataclass(frozen=True)
class Entry:
    """One mail that was taken, with the file it was stored in, or one recipient refused."""

    recipients: list[str]
    file: str | None = None
    at: float = field(default_factory=time.time)

    @property
    def refused(self) -> bool:
        """Whether it was turned away."""
        return self.file is None


class MailRecord:
    """The file that the sink writes and others read. It only grows."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Writes the entry; it is visible to readers when this returns."""
        with self._lock, self.path.open("a") as file:
            file.write(json.dumps(asdict(entry)) + "\n")

    def about(self, addresses: Iterable[str]) -> list[Entry]:
        """Returns the entries that concern one of the addresses, oldest first."""
        wanted = set(addresses)
        return [entry for entry in self._all() if wanted.intersection(entry.recipients)]

    def _all(self) -> list[Entry]:
        if not self.path.exists():
            return []
        return [Entry(**json.loads(line)) for line in self.path.read_text().splitlines()]
