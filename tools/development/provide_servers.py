"""The servers that a developer has not got: started when a command needs them.

`manage.py` imports this module in every checkout, in production too: it imports nothing heavy.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scheduler.env import DEVELOPMENT, read_dotenv
from tools.development.data_directory import DATA_DIR

if TYPE_CHECKING:
    from tools.development.hold import Hold

# A hold ends when its file is closed, so these stay referenced as long as the process lives.
_holds: list["Hold"] = []


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
