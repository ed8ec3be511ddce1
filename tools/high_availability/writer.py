"""Commits rows one after the other, as an API that accepts jobs does, and notes which."""

import threading
import time
from itertools import pairwise

import psycopg

from scheduler.postgresql.silent_servers import watch_for_silence

PER_SECOND = 50

_TABLE = """
    CREATE TABLE IF NOT EXISTS kept (writer text, number int, PRIMARY KEY (writer, number))
"""
_CONNECT_SECONDS = 2


class Writer(threading.Thread):
    """Up to 50 rows a second by a session of its own, which is made anew when it breaks.

    `acknowledged`: the moment, by `time.monotonic()`, at which the commit of each row was.
    """

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged: dict[int, float] = {}
        self._url = url
        self._stop_asked = threading.Event()
        self._session: psycopg.Connection | None = None

    def run(self) -> None:
        number = 0
        while not self._stop_asked.wait(1 / PER_SECOND):
            number += 1
            try:
                self._connected().execute("INSERT INTO kept VALUES (%s, %s)", [self.name, number])
            except psycopg.Error:
                self._close()
            else:
                self.acknowledged[number] = time.monotonic()
        self._close()

    def stop(self) -> None:
        """Returns when it has ended, which a server that does not answer may delay."""
        self._stop_asked.set()
        self.join()

    def has_committed_since(self, moment: float) -> bool:
        return max(self.acknowledged.values(), default=0.0) > moment

    def lost(self) -> list[float]:
        """When the rows were acknowledged that are not there."""
        with connect(self._url) as session:
            rows = session.execute("SELECT number FROM kept WHERE writer = %s", [self.name])
            kept = {number for (number,) in rows.fetchall()}
        return [at for number, at in self.acknowledged.items() if number not in kept]

    def longest_wait(self) -> float:
        """The seconds between two of its acknowledgements that lay farthest apart."""
        moments = sorted(self.acknowledged.values())
        return max((later - one for one, later in pairwise(moments)), default=0.0)

    def _connected(self) -> psycopg.Connection:
        if self._session is None:
            self._session = connect(self._url)
        return self._session

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def make_table(url: str) -> None:
    """Makes the table of all writers."""
    with connect(url) as session:
        session.execute(_TABLE)


def connect(url: str) -> psycopg.Connection:
    """A session that is given up when its server hangs, as those of the service are."""
    session = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    watch_for_silence(session)
    return session
