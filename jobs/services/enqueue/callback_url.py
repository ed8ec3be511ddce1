"""The URL that is called when a job or a batch has ended is checked when it is given."""

from jobs.core.errors import PayloadInvalid
from jobs.core.request_errors import CallbackUrlRefused
from jobs.handlers.registry import JobType, job_types
from jobs.services.enqueue.payload import clean_payload
from jobs.services.submission_right import check_may_submit

# The type of the jobs that make the calls.
CALLBACK_TYPE = "http_request"


def callback_type() -> JobType:
    """The type of the jobs that make the calls; raises UnknownJobType."""
    return job_types.get(CALLBACK_TYPE)


def check_callback_url(url: str | None) -> None:
    """Refuses what a job of the type `http_request` would not call, and clients that may have none.

    None is no URL. Raises CallbackUrlRefused, SubmissionNotAllowed.
    """
    if url is None:
        return
    job_type = callback_type()
    check_may_submit(job_type=job_type.name, queue=job_type.queue)
    try:
        clean_payload(job_type, {"url": url})
    except PayloadInvalid as error:
        raise CallbackUrlRefused([str(one) for one in error.errors["url"]]) from error
