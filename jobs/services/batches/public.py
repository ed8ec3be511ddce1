"""Batches from Django code: `from jobs import batch`."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import transaction

from jobs.models import Batch
from jobs.services.batches.cancel import batch_cancel
from jobs.services.batches.create import SLICE, batch_add, batch_close, batch_create
from jobs.services.chains import chain_from_code
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.request import JobRequest
from jobs.sql.contention import repeats_conflicts


class OpenBatch:
    """A batch that code fills; as a context manager it is closed at the end of the block.

    An exception in the block cancels it: a batch that nobody closes would never complete.
    """

    def __init__(self, batch_id: UUID) -> None:
        self.id = batch_id

    def add(self, requests: Iterable[JobRequest]) -> int:
        """Adds jobs, a thousand in a transaction; returns how many.

        Raises RequestsRefused, BatchClosed, BatchFull.
        """
        left, count = iter(requests), 0
        while part := list(islice(left, SLICE)):
            batch_add(batch_id=self.id, requests=part, atomic=True)
            count += len(part)
        return count

    def add_chain(self, requests: Sequence[JobRequest]) -> Enqueued:
        """Adds a chain, and returns its first job; each job is counted once it is enqueued.

        Raises as `chain` does, and BatchClosed, BatchFull.
        """
        return chain_from_code(requests=requests, batch_id=self.id)

    def close(self) -> Batch:
        """From now on no job can be added; returns the batch as it is."""
        return batch_close(batch_id=self.id)

    def cancel(self, reason: str = "") -> Batch:
        """Asks for the end of all its jobs; raises BatchCompleted if all have ended."""
        return batch_cancel(batch_id=self.id, reason=reason)

    def progress(self) -> Batch:
        """The batch as it is now, with its counters, `done` and `state`."""
        return Batch.objects.get(id=self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif not transaction.get_connection().needs_rollback:
            self.cancel(f"{type(error).__name__} while it was filled")


def batch(
    requests: Iterable[JobRequest] | None = None,
    *,
    name: str = "",
    on_success: JobRequest | None = None,
    on_completion: JobRequest | None = None,
    callback_url: str | None = None,
) -> OpenBatch:
    """Makes a batch of these jobs, in one transaction, and closes it; 100,000 jobs at most.

    Without `requests` it stays open, to be filled by `with batch(...) as one: one.add([...])`.
    `on_success`: a job that is enqueued, once, when all have succeeded, or were skipped because
    their effect had been done; `on_completion`: one when all have ended, in whichever way, and
    `callback_url` is called then. Inside a transaction all of it exists once that commits.

    Raises RequestsRefused, BatchFull, CallbackRefused, and CallbackUrlRefused.
    """
    make = partial(
        batch_create,
        name=name,
        on_success=on_success,
        on_completion=on_completion,
        callback_url=callback_url,
    )
    return _made(None if requests is None else list(requests), make)


@repeats_conflicts
def _made(requests: list[JobRequest] | None, make: Callable[[], Batch]) -> OpenBatch:
    with transaction.atomic():
        made = OpenBatch(make().id)
        if requests is not None:
            made.add(requests)
            made.close()
    return made
