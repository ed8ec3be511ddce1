"""Two databases on one server, one of them grown: what is measured takes turns between them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection

from tools.benchmark.errors import BenchmarkError
from tools.benchmark.job_names import BACKLOG
from tools.benchmark.rows import vacuum_and_checkpoint
from tools.measuring.databases import own_database

_PART = 250_000
# Bytes that a finished job takes while it is made: the row, its index entries, and the log.
BYTES_A_JOB = 1_000
# So much of the free disk may be used.
_SHARE = 0.5


class Sides:
    """`empty` and `grown`: the URLs of the databases. Redis is one, and empty between turns."""

    def __init__(self, empty: str, grown: str) -> None:
        self._urls = {"empty": empty, "grown": grown}

    def use(self, side: str) -> None:
        """This process, and those that it starts, use that database from now on."""
        url = self._urls[side]
        connection.close()
        connection.settings_dict["NAME"] = url.rpartition("/")[2]
        os.environ["DATABASE_URL"] = url


@contextmanager
def sides(existing: str | None) -> Iterator[Sides]:
    """Makes the second database beside the one in use; it is gone afterwards.

    `existing`: the name of one that is grown already, and stays.
    """
    empty = os.environ["DATABASE_URL"]
    kept = urlsplit(empty)._replace(path=f"/{existing}").geturl()
    made = own_database(empty, f"benchmark_{os.getpid()}_grown")
    with nullcontext(kept) if existing else made as grown:
        both = Sides(empty, grown)
        both.use("grown")
        call_command("migrate", verbosity=0)
        try:
            yield both
        finally:
            both.use("empty")


def fill(jobs: int, directory: str) -> None:
    """Adds so many finished jobs.

    Raises BenchmarkError if they would take more than half of what is free in `directory`.
    """
    free = shutil.disk_usage(directory).free
    if jobs * BYTES_A_JOB > free * _SHARE:
        most = int(free * _SHARE / BYTES_A_JOB)
        raise BenchmarkError(f"{free >> 30} GB are free: use --finished {most} at most.")
    statement = (Path(__file__).parent / "fill_finished.sql").read_text(encoding="utf-8")
    for first in range(1, jobs + 1, _PART):
        numbers = {"jobs": jobs, "first": first, "last": min(jobs, first + _PART - 1)}
        with connection.cursor() as cursor:
            cursor.execute(statement, {**numbers, "type": BACKLOG})
    vacuum_and_checkpoint()
