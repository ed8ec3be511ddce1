"""Which rows a user may see, and what it may do with those of other clients."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import OuterRef, QuerySet, Subquery

from jobs.models import Batch, DeadLetter, Job, Redrive

# To see other clients' rows, and to cancel or edit their jobs, takes a permission each.
VIEW_JOBS = "jobs.view_job"
CANCEL_JOBS = "jobs.cancel_job"
EDIT_JOBS = "jobs.change_job"
VIEW_BATCHES = "jobs.view_batch"
CANCEL_BATCHES = "jobs.cancel_batch"
VIEW_DEAD_LETTERS = "jobs.view_deadletter"
VIEW_REDRIVES = "jobs.view_redrive"
# Tracebacks tell how the server is built.
VIEW_TRACEBACKS = "jobs.view_traceback"
VIEW_EVENTS = "jobs.view_event"
REVEAL_PAYLOADS = "jobs.reveal_payload"


def jobs_visible_to(user: AbstractBaseUser) -> QuerySet[Job]:
    """The user's own jobs and those of its tenant; all with the permission `jobs.view_job`."""
    jobs = Job.objects.select_related("worker", "submitted_by")
    return jobs if _may(user, VIEW_JOBS) else jobs.filter(**_of_clients_seen_by(user))


def jobs_submitted_by(user: AbstractBaseUser) -> QuerySet[Job]:
    """The user's own jobs, which takes no look at permissions."""
    return Job.objects.select_related("worker", "submitted_by").filter(submitted_by_id=user.pk)


def may_cancel(user: AbstractBaseUser, job: Job) -> bool:
    """One's own jobs; all of them with the permission `jobs.cancel_job`."""
    return job.submitted_by_id == user.pk or _may(user, CANCEL_JOBS)


def may_edit(user: AbstractBaseUser, job: Job) -> bool:
    """One's own jobs; all of them with the permission `jobs.change_job`."""
    return job.submitted_by_id == user.pk or _may(user, EDIT_JOBS)


def batches_visible_to(user: AbstractBaseUser) -> QuerySet[Batch]:
    """The user's own batches and those of its tenant; all with the permission `jobs.view_batch`."""
    batches = Batch.objects.select_related("submitted_by")
    return batches if _may(user, VIEW_BATCHES) else batches.filter(**_of_clients_seen_by(user))


def may_cancel_batch(user: AbstractBaseUser, batch: Batch) -> bool:
    """One's own batches; all of them with `jobs.cancel_batch`."""
    return batch.submitted_by_id == user.pk or _may(user, CANCEL_BATCHES)


def dead_letters_visible_to(user: AbstractBaseUser) -> QuerySet[DeadLetter]:
    """The user's own dead letters and those of its tenant, newest first.

    All of them with `jobs.view_deadletter`. `callback_of`: what each belongs to, if it is a call.
    """
    job = Job.objects.filter(id=OuterRef("job_id"))
    letters = (
        DeadLetter.objects.select_related("submitted_by")
        .annotate(callback_of=Subquery(job.values("given__callback_of")[:1]))
        .order_by("-id")
    )
    if _may(user, VIEW_DEAD_LETTERS):
        return letters
    return letters.filter(**_of_clients_seen_by(user))


def may_view_tracebacks(user: AbstractBaseUser | AnonymousUser) -> bool:
    """With the permission `jobs.view_traceback`; one's own jobs make no difference."""
    return _may(user, VIEW_TRACEBACKS)


def may_view_events(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Who did what, and why: with the permission `jobs.view_event`."""
    return _may(user, VIEW_EVENTS)


def may_reveal(user: AbstractBaseUser | AnonymousUser) -> bool:
    """The masked values of payloads: with the permission `jobs.reveal_payload`."""
    return _may(user, REVEAL_PAYLOADS)


def redrives_visible_to(user: AbstractBaseUser) -> QuerySet[Redrive]:
    """The user's own redrives; all with the permission `jobs.view_redrive`."""
    redrives = Redrive.objects.select_related("created_by").order_by("-id")
    return redrives if _may(user, VIEW_REDRIVES) else redrives.filter(created_by_id=user.pk)


def clients_seen_by(user: AbstractBaseUser, permission: str) -> set[Any] | None:
    """Primary keys of the clients whose rows the user may see; None for all, by permission."""
    return None if _may(user, permission) else _clients_seen(user)


def may_change_payloads(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Of other clients' jobs, with the permission `jobs.change_job`."""
    return _may(user, EDIT_JOBS)


def _of_clients_seen_by(user: AbstractBaseUser) -> dict[str, Any]:
    """The condition on rows of these clients.

    Ids instead of a join: PostgreSQL knows how many rows each client has, and plans by it.
    """
    clients = _clients_seen(user)
    if len(clients) == 1:
        return {"submitted_by_id": user.pk}
    return {"submitted_by_id__in": sorted(clients)}


def _clients_seen(user: AbstractBaseUser) -> set[Any]:
    """The user itself, and those whom its model names in `clients_seen`."""
    seen: Callable[[], list[Any]] | None = getattr(user, "clients_seen", None)
    return {user.pk, *(seen() if seen is not None else ())}


def _may(user: AbstractBaseUser | AnonymousUser, permission: str) -> bool:
    """Superusers have every permission; being staff gives none."""
    return isinstance(user, PermissionsMixin) and user.has_perm(permission)
