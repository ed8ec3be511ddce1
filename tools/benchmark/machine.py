"""What it was measured on."""

import os
import platform
from typing import Any

from django.db import connection
from django_redis import get_redis_connection


def machine() -> dict[str, Any]:
    """Returns what a figure means little without."""
    server = get_redis_connection("default").info("server")
    name = server.get("server_name", "redis")
    return {
        "cores": os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": _show("server_version"),
        "fsync": _show("fsync"),
        "synchronous_commit": _show("synchronous_commit"),
        "redis": f"{name} {server.get('valkey_version') or server['redis_version']}",
    }


def _show(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        value: str = cursor.fetchone()[0]
    return value
