"""The process that keeps one embedded server up while any process holds it.

Started by `hold.py` with the server's lock, which it and the server keep until both are gone.
Every user shares the other lock. As the kernel releases a lock when its process ends, a user that
was killed is no different from one that left.
"""

import json
import signal
import sys
import threading
from pathlib import Path

from tools.errors import ToolError
from tools.file_lock import FileLock
from tools.servers.postgres import Postgres
from tools.servers.server import Server
from tools.servers.valkey import Valkey

_SERVERS: dict[str, type[Server]] = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}
_POLL_SECONDS = 0.2


def keep(server: Server, lock: FileLock, users: FileLock) -> None:
    """Starts the server, tells its address, and stops it when its last user is gone."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        server.start(inherit=[lock.descriptor])
    except ToolError as error:
        lock.write(json.dumps({"error": str(error)}))
        raise SystemExit(1) from error
    lock.write(json.dumps({"url": server.url}))
    while server.running and not users.take() and not stop.is_set():
        stop.wait(_POLL_SECONDS)
    lock.write("")  # a process that comes now waits for the end and starts it anew
    server.stop()


def main() -> None:
    variable, home, descriptor = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    lock = FileLock.inherited(home / "server.lock", descriptor)
    keep(_SERVERS[variable](home), lock, FileLock(home / "users.lock"))


if __name__ == "__main__":
    main()
