"""The client of a call."""

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request

from jobs.core.submission_right import UNLIMITED, SubmissionRight


def client_of(request: Request) -> AbstractBaseUser:
    """The user of the token. `IsAuthenticated` has refused calls without one."""
    return cast(AbstractBaseUser, request.user)


def submission_right_of(user: Any) -> SubmissionRight:
    """What the user may submit, if its model says so by `submits_types`, `submits_to_queues`."""
    job_types = getattr(user, "submits_types", None)
    queues = getattr(user, "submits_to_queues", None)
    return UNLIMITED if job_types is queues is None else SubmissionRight(job_types, queues)
