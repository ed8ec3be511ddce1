"""PostgreSQL and Valkey of one run: it may be stopped like in a crash, and tells what was slow."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scheduler.env import DEVELOPMENT
from tools.checkout import DATA_DIR
from tools.servers.postgres import Postgres
from tools.servers.valkey import Valkey

# Statements that take at least so long are in its log.
SLOW_MILLISECONDS = 20

# `%a` is what the session is called: in workers of ours the thread that opened it.
_PREFIX = "%a|"
_LINE = re.compile(
    r"^(?P<session>[^|\n]*)\|LOG:  duration: (?P<ms>[\d.]+) ms  [^:\n]*:\s*(?P<text>.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class SlowStatement:
    """A statement that took long, by PostgreSQL's own clock."""

    session: str
    milliseconds: float
    text: str


class WatchedPostgres(Postgres):
    """PostgreSQL with its defaults and full durability, and a log of slow statements."""

    def slow_statements(self) -> list[SlowStatement]:
        """Those since the last start."""
        return slow_statements(self.log.read_text(errors="replace"))

    def _options(self) -> dict[str, str]:
        return super()._options() | {
            "log_min_duration_statement": str(SLOW_MILLISECONDS),
            "log_line_prefix": _PREFIX,
        }


def slow_statements(log: str) -> list[SlowStatement]:
    """What a log says of slow statements, with the first line of each text."""
    return [
        SlowStatement(found["session"], float(found["ms"]), found["text"])
        for found in _LINE.finditer(log)
    ]


@contextmanager
def own_servers() -> Iterator[WatchedPostgres]:
    """Starts both, makes this process and its children use them, and leaves nothing behind."""
    DATA_DIR.mkdir(exist_ok=True)
    with ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="phases-", dir=DATA_DIR))
        )
        postgres, valkey = WatchedPostgres(home / "postgresql"), Valkey(home / "valkey")
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        os.environ.update(ENVIRONMENT=DEVELOPMENT, DATABASE_URL=postgres.url, REDIS_URL=valkey.url)
        yield postgres
