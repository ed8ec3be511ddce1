"""Gives each session of PostgreSQL the name of the thread that opened it, where that is asked for.

The log of the server then says whose statement was slow.
"""

import os
import threading
from typing import Any

from django.db.backends.signals import connection_created

ASKED_FOR = "JOBS_BENCHMARK_NAME_SESSIONS"


def name_sessions() -> None:
    """From now on; without effect unless the environment asks for it."""
    if os.environ.get(ASKED_FOR):
        connection_created.connect(_name, dispatch_uid="benchmark.session_names")


def _name(connection: Any, **_: object) -> None:
    name = threading.current_thread().name
    connection.connection.execute("SELECT set_config('application_name', %s, false)", [name])
