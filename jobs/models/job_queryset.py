"""Named filters of jobs."""

from typing import TYPE_CHECKING, Self

from django.db import models

from jobs.core.states import JobState

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - in the base class


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def queued(self) -> Self:
        return self.filter(state=JobState.QUEUED)

    def running(self) -> Self:
        return self.filter(state=JobState.RUNNING)
