"""Named filters of jobs."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from jobs.core.states import RARE_ENDS, JobState

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - in the base class


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def in_states(self, states: Collection[str]) -> Self:
        """Those in one of these states; unless many succeeded, found by an index.

        Each index holds some states. That of queued jobs is two, for held and for other ones, which
        a condition on the state alone does not name.
        """
        if JobState.SUCCEEDED in states:
            return self.filter(state__in=states)
        found = Q(state__in=[one for one in states if one in RARE_ENDS])
        if JobState.RUNNING in states:
            found |= Q(state=JobState.RUNNING)
        if JobState.QUEUED in states:
            held, not_held = Q(held_by__isnull=False), Q(held_by__isnull=True)
            found |= Q(held, state=JobState.QUEUED) | Q(not_held, state=JobState.QUEUED)
        return self.filter(found)

    def queued(self) -> Self:
        """For further conditions; without any, see `all_queued`."""
        return self.filter(state=JobState.QUEUED)

    def all_queued(self) -> Self:
        """Every queued job, found by indexes and without a look at the others."""
        return self.in_states([JobState.QUEUED])

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
