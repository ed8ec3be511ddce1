"""`Job.objects`: the hot statements on jobs, each of which has its file in `jobs/sql`."""

from jobs.models.job_claims import JobClaims
from jobs.models.job_inserts import JobInserts
from jobs.models.job_outcomes import JobOutcomes
from jobs.models.job_searches import JobSearches


class JobManager(JobInserts, JobClaims, JobOutcomes, JobSearches):
    """Jobs. The hot methods make no queryset: that would take as long as the rest of a claim."""
