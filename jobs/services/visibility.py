"""What people may see: rows by user, payloads without their secrets."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from jobs.core.attempt_error import MASK
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter, Job


def jobs_visible_to(user: AbstractBaseUser) -> QuerySet[Job]:
    """The user's own jobs; all of them for staff."""
    jobs = Job.objects.select_related("worker")
    return jobs if _is_staff(user) else jobs.filter(submitted_by_id=user.pk)


def dead_letters_visible_to(user: AbstractBaseUser) -> QuerySet[DeadLetter]:
    """The user's own dead letters, newest first; all of them for staff."""
    letters = DeadLetter.objects.select_related("submitted_by").order_by("-id")
    return letters if _is_staff(user) else letters.filter(submitted_by_id=user.pk)


def masked_payload(job_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as people may see it: the sensitive fields of its type are masked.

    Of a type that is not registered any more only the names of the fields are shown.
    """
    known = job_types.find(job_type)
    return {
        name: MASK if known is None or name in known.sensitive else value
        for name, value in payload.items()
    }


def _is_staff(user: AbstractBaseUser) -> bool:
    return bool(getattr(user, "is_staff", False))
