"""`Job.objects`: the hot statements on jobs, each of which has its file in `jobs/sql`."""

from typing import TYPE_CHECKING

from django.db import models

from jobs.models.job_claims import JobClaims
from jobs.models.job_inserts import JobInserts
from jobs.models.job_outcomes import JobOutcomes
from jobs.models.job_queryset import JobQuerySet
from jobs.models.job_searches import JobSearches

if TYPE_CHECKING:
    from jobs.models.job import Job  # noqa: F401 - in a base class

_Filters = models.Manager.from_queryset(JobQuerySet)


class JobManager(JobInserts, JobClaims, JobOutcomes, JobSearches, _Filters["Job"]):
    """Jobs. The hot methods make no queryset: that would take as long as the rest of a claim."""
