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

    def can_expire(self) -> Self:
        """Queued jobs with an `expires_at` of which no attempt has begun."""
        return self.queued().filter(expires_at__isnull=False, errors=[])

    def running(self) -> Self:
        return self.filter(state=JobState.RUNNING)


if TYPE_CHECKING:
    JobPart = models.Manager["Job"]
else:
    JobPart = object
"""What a part of `Job.objects` builds on: the manager that they become together."""
