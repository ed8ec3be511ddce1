"""Gives up connections on which a server has stopped answering, where there is another server.

A server whose machine is gone is noticed by the kernel, within some ten seconds. One whose
processes hang, because its disk does or its virtual machine was stopped, keeps its connections
open: a thread that has sent a statement there would wait until that server is thawed, although
another one is the primary long since.

A slow statement looks the same. So the server is asked, over a connection of its own: one that
answers is left alone. Costs nothing where a statement is sent: a thread looks at the state of each
connection once a second, from outside.
"""

import logging
import os
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, Error
from psycopg.pq import TransactionStatus

LOOK_SECONDS = 1.0
# A statement that takes longer gets its server asked. Most take a thousandth of this.
SUSPECT_SECONDS = 2.0
# How long a server may take to answer, and how often in a row it may fail to.
ANSWER_SECONDS = 2.0
SILENCES = 2

# "Do you speak TLS?" is answered with one byte, before anybody has logged in; every PostgreSQL and
# every pooler knows it.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)

logger = logging.getLogger(__name__)

Server = tuple[str, int]


class SilenceWatch:
    """Looks at the connections of this process; one thread, made when there is the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Since when each has waited for an answer; None while it does not.
        self._waiting_since: WeakKeyDictionary[Connection[Any], float | None] = WeakKeyDictionary()
        self._silences: dict[Server, int] = {}
        self._is_running = False

    def watch(self, raw: "Connection[Any]") -> None:
        """From now on, until it is closed."""
        with self._lock:
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._work, name="silence-watch", daemon=True).start()
            self._waiting_since[raw] = None

    def _work(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self.look()
            except Exception:
                logger.exception(
                    "Connections could not be looked at", extra={"event": "connections.not_seen"}
                )

    def look(self) -> None:
        """One look at each connection; asks the servers of those that have waited too long."""
        suspects: dict[Server, list[Connection[Any]]] = {}
        for raw in self._late():
            with suppress(Error):  # it was closed meanwhile
                suspects.setdefault((raw.info.hostaddr, raw.info.port), []).append(raw)
        self._silences = {one: self._silences.get(one, 0) for one in suspects}
        for server, connections in suspects.items():
            if answers(server):
                self._silences[server] = 0
                continue
            self._silences[server] += 1
            if self._silences[server] >= SILENCES:
                _give_up(server, connections)

    def _late(self) -> list["Connection[Any]"]:
        now = time.monotonic()
        late = []
        with self._lock:
            for raw, since in list(self._waiting_since.items()):
                if raw.closed:
                    del self._waiting_since[raw]
                elif raw.pgconn.transaction_status != TransactionStatus.ACTIVE:
                    self._waiting_since[raw] = None
                elif since is None:
                    self._waiting_since[raw] = now
                elif now - since >= SUSPECT_SECONDS:
                    late.append(raw)
        return late


def answers(server: Server) -> bool:
    """Whether the server says anything to a new client. What has no address is not asked."""
    host, port = server
    if not host or host.startswith("/"):
        return True
    try:
        with socket.create_connection((host, port), ANSWER_SECONDS) as client:
            client.settimeout(ANSWER_SECONDS)
            client.sendall(_SSL_REQUEST)
            return bool(client.recv(1))
    except OSError:
        return False


def _give_up(server: Server, connections: list["Connection[Any]"]) -> None:
    """Ends the connections below the driver, whose waiting threads then get an error."""
    host, port = server
    logger.warning(
        "PostgreSQL at %s:%d does not answer; %d connections that wait for it are given up",
        host,
        port,
        len(connections),
        extra={"event": "connections.given_up", "host": host, "port": port},
    )
    for raw in connections:
        with (
            suppress(OSError, Error),
            socket.socket(fileno=os.dup(raw.fileno())) as connection,
        ):
            connection.shutdown(socket.SHUT_RDWR)


_watch = SilenceWatch()


def _begin_anew() -> None:
    """In the child of a fork: it has no thread, and its parent's may have held the lock."""
    global _watch
    _watch = SilenceWatch()


os.register_at_fork(after_in_child=_begin_anew)


def watch_for_silence(raw: "Connection[Any]") -> None:
    """Gives the connection up once its server is silent while a thread waits for it."""
    _watch.watch(raw)
