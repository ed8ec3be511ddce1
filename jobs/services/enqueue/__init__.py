"""Jobs are accepted: a request is resolved, its row inserted, its id dispatched."""

from jobs.services.enqueue.accept import Answer, job_enqueue, job_enqueue_together, jobs_enqueue
from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.enqueue.request import JobRequest

__all__ = [
    "Answer",
    "Enqueued",
    "JobRequest",
    "job_enqueue",
    "job_enqueue_together",
    "jobs_enqueue",
]
