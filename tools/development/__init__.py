"""What a developer's machine needs beside the service: servers, a mail sink, samples, checks.

Production imports this package, because `manage.py` does, and uses none of it: nothing heavy may
be imported at the top of this file.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scheduler.env import BASE_DIR, DEVELOPMENT, read_dotenv

if TYPE_CHECKING:
    from tools.development.hold import Hold

DATA_DIR = BASE_DIR / ".data"

# A hold ends when its file is closed, so these stay referenced as long as the process lives.
_holds: list["Hold"] = []


class DevelopmentError(Exception):
    """Something the development environment needs is missing; the message says what to do."""


def provide_servers(directory: Path = DATA_DIR) -> Mapping[str, "Hold"]:
    """Sees to it that DATABASE_URL and REDIS_URL are set, for this process and its children.

    In development, for each of the two that is not set, a real server with its data below
    `directory` is started, or joined if another process started it. It stays up until its last
    user is gone. Returns the holds by variable; outside development it does nothing.
    Raises `DevelopmentError`.
    """
    read_dotenv()
    if os.environ.get("ENVIRONMENT") != DEVELOPMENT:
        return {}
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not missing:
        return {}
    from tools.development.hold import hold_servers

    holds = hold_servers(missing, directory)
    for name, hold in holds.items():
        os.environ[name] = hold.url
    _holds.extend(holds.values())
    return holds
