"""The paths of jobs and dead letters."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.urls import get_script_prefix, get_urlconf, reverse

_ANY_ID = UUID(int=0)


def job_path(job_id: Any) -> str:
    """The path of one job."""
    return job_path_prefix() + str(job_id)


def job_path_prefix() -> str:
    """The path of a job without its id."""
    return _job_path_prefix(get_script_prefix(), get_urlconf())


@lru_cache(maxsize=8)
def _job_path_prefix(script_prefix: str, urlconf: str | None) -> str:
    # `reverse` takes as long as everything else in a receipt together.
    return reverse("job", args=[_ANY_ID]).removesuffix(str(_ANY_ID))


def failed_job_path(dead_letter_id: Any) -> str:
    """The path of one dead letter."""
    return reverse("failed-job", args=[dead_letter_id])
