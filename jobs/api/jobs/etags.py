"""The ETag of a job."""

from jobs.api.jobs.representations import SingleJob
from jobs.api.shared.etags import ETag, etag_of
from jobs.models import Job
from jobs.services.job_facts import JobFacts, job_facts


def job_etag(body: SingleJob) -> ETag:
    """The ETag of a job as it is shown; an edit is of its facts."""
    facts = {name: value for name, value in body.items() if name in JobFacts.__annotations__}
    return etag_of(facts, {name: value for name, value in body.items() if name not in facts})


def job_record_etag(job: Job) -> ETag:
    """The same for the facts alone, which is what edits compare."""
    return etag_of(job_facts(job), {})
