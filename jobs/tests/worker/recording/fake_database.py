"""Stands in for PostgreSQL where outcomes are written."""

import threading
from collections.abc import Sequence
from uuid import UUID

from django.db import DataError, OperationalError

from jobs.core.finished import Finished
from jobs.core.outage import database_outage
from jobs.core.retry import Succeed
from jobs.services.attempts import Recorded


class FakeDatabase:
    """Stands in for `jobs_record`: notes the batches, fails as told, waits when told."""

    def __init__(self) -> None:
        self.batches: list[list[Finished]] = []
        self.failures: list[Exception] = []
        self.refused: set[UUID] = set()
        self.refusal: Exception = DataError("cannot be written")
        self.refusals = 0
        self.written_before: set[UUID] = set()
        self.is_there = False
        self.is_asked = False
        self.open = threading.Event()
        self.open.set()

    def record(self, *, finished: Sequence[Finished]) -> list[Recorded]:
        self.is_asked = True
        assert self.open.wait(20), "the test never opened PostgreSQL"
        if self.failures:
            raise self.failures.pop()
        if self.refused & {one.claim.id for one in finished}:
            self.refusals += 1
            raise self.refusal
        self.batches.append(list(finished))
        return [
            Recorded(one, Succeed(), written=one.claim.id not in self.written_before)
            for one in finished
        ]

    def beat(self) -> None:
        """A heartbeat is written, if PostgreSQL is there at all."""
        if not self.is_there:
            raise OperationalError("gone")
        database_outage.ended()
