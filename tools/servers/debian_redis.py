"""Debian's Redis, which has TLS: the wheel of Valkey has none."""

from pathlib import Path

from tools.debian import find_program

_PACKAGE = "redis-server"


def find_redis() -> Path:
    """The Redis of this machine, else one that is fetched once; raises `ToolError`."""
    return find_program("Redis", _PACKAGE, "usr/bin/redis-server")
