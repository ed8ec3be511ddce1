"""Batches: jobs that are counted together, with callbacks."""

from jobs.services.batches.cancel import batch_cancel
from jobs.services.batches.create import BATCH_JOBS_MAX, batch_add, batch_close, batch_create

__all__ = ["BATCH_JOBS_MAX", "batch_add", "batch_cancel", "batch_close", "batch_create"]
