"""What something has taken: processor time, log, disk and memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from django_redis import get_redis_connection

from jobs.sql.statements import fetch_rows
from tools.capacity.processor_time import postgresql_seconds, redis_seconds, tree_seconds

# Everything that belongs to jobs: what they leave, and what is counted of them.
_TABLES = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class "
    "WHERE relkind = 'r' AND relname LIKE 'jobs_%'"
)


class Reading(NamedTuple):
    """Totals at one moment: seconds of processor time, and bytes. None where that is not known."""

    own: float
    postgresql: float | None
    redis: float
    log: int
    tables: int
    redis_memory: int

    @classmethod
    def of(cls, pid: int) -> "Reading":
        """The totals now; `own` are those of this process and its children."""
        [(log,)] = fetch_rows("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        [(tables,)] = fetch_rows(_TABLES)
        memory = get_redis_connection("default").info("memory")["used_memory"]
        return cls(
            tree_seconds(pid), postgresql_seconds(), redis_seconds(), int(log), tables, int(memory)
        )


@dataclass
class Taken:
    """The differences, for each of so many jobs: microseconds and bytes."""

    count: int
    first: Reading | None = None
    last: Reading | None = None

    def each(self, name: str) -> float | None:
        """What one job has taken of it; None where that is not known."""
        before, after = getattr(self.first, name), getattr(self.last, name)
        if before is None or after is None:
            return None
        scale = 1e6 if name in ("own", "postgresql", "redis") else 1.0
        return float((after - before) * scale / self.count)


@contextmanager
def taken(count: int, pid: int | None = None) -> Iterator[Taken]:
    """What happens within, which is to do `count` jobs; `pid`: whose own time counts."""
    found = Taken(count)
    found.first = Reading.of(pid or os.getpid())
    yield found
    found.last = Reading.of(pid or os.getpid())
