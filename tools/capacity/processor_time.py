"""Processor time of processes and all that they have started, as Linux counts it."""

import os
from pathlib import Path

from django_redis import get_redis_connection

from jobs.sql.statements import fetch_rows

_TICKS = os.sysconf("SC_CLK_TCK")
# Places in /proc/<pid>/stat behind the name (proc(5)): parent, and user, system, and the same of
# children that have ended.
_PARENT, _TIMES = 1, slice(11, 15)


def tree_seconds(pid: int) -> float:
    """Seconds that the process, its children that live, and those that have ended, have taken."""
    stats = _stats()
    left, total = [pid], 0
    while left:
        one = left.pop()
        if (fields := stats.get(one)) is not None:
            total += sum(map(int, fields[_TIMES]))
            left += [child for child, others in stats.items() if int(others[_PARENT]) == one]
    return total / _TICKS


def postgresql_seconds() -> float | None:
    """The same of PostgreSQL, with all sessions; None if it runs on another machine."""
    [(backend,)] = fetch_rows("SELECT pg_backend_pid()")
    stat = Path(f"/proc/{backend}/stat")
    if not stat.exists() or "postgres" not in stat.read_text(encoding="ascii", errors="replace"):
        return None
    return tree_seconds(int(_fields(stat.read_text(encoding="ascii", errors="replace"))[_PARENT]))


def redis_seconds() -> float:
    """The same of Redis, as it says itself."""
    info = get_redis_connection("default").info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def _stats() -> dict[int, list[str]]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text(encoding="ascii", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        found[int(stat.parent.name)] = _fields(text)
    return found


def _fields(text: str) -> list[str]:
    """What stands behind the name, which may contain anything."""
    return text.rpartition(")")[2].split()
