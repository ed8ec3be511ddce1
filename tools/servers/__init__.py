"""PostgreSQL and Valkey from wheels: real servers for development, tests and tools.

`manage.py` imports this package wherever it is present, so nothing heavy may be imported at the
top of this file.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scheduler.env import DEVELOPMENT, read_dotenv
from tools.checkout import DATA_DIR

if TYPE_CHECKING:
    from tools.servers.hold import Hold

# A hold ends when its file is closed. This list keeps the files open while the process lives.
_holds: list["Hold"] = []


def provide_servers(directory: Path = DATA_DIR) -> Mapping[str, "Hold"]:
    """Sets DATABASE_URL and REDIS_URL for this process and its children.

    In development, for each of the two that is not set, a server with its data below `directory`
    is started, or joined if another process has started it. It runs until its last user is gone.
    Outside development nothing happens.

    Returns the holds by variable. Raises `ToolError` if a server does not start.
    """
    read_dotenv()
    if os.environ.get("ENVIRONMENT") != DEVELOPMENT:
        return {}
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not missing:
        return {}
    from tools.servers.hold import hold_servers

    holds = hold_servers(missing, directory)
    for name, hold in holds.items():
        os.environ[name] = hold.url
    _holds.extend(holds.values())
    return holds
