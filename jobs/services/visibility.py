"""What people may see: rows by user, payloads without their secrets."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import OuterRef, QuerySet, Subquery

from jobs.core.errors import JobsError, PayloadInvalid
from jobs.core.secrets import MASK
from jobs.handlers.registry import job_types
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


def masked_payload(job_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as people may see it: the sensitive fields of its type are masked.

    Of a type that is not registered any more only the names of the fields are shown.
    """
    known = job_types.find(job_type)
    return {
        name: MASK if known is None or name in known.sensitive else value
        for name, value in payload.items()
    }


def unmasked_payload(
    job_type: str,
    payload: Mapping[str, Any],
    stored: Mapping[str, Any],
    *,
    becomes: str | None = None,
) -> dict[str, Any]:
    """A payload that a person has edited, with the stored values where it is still masked.

    `becomes`: the type that it is of from now on, None for the same. A value that this one would
    show is not taken over: who changes a type sees no secret by it. Raises PayloadInvalid.
    """
    masked = masked_payload(job_type, dict(stored))
    kept = {
        name: stored[name]
        for name, value in payload.items()
        if value == MASK and masked.get(name) == MASK
    }
    if becomes is not None and becomes != job_type:
        shown = masked_payload(becomes, kept)
        if told := [name for name in kept if shown[name] != MASK]:
            sentence = "It was masked, and the new type would show it: give its value anew."
            raise PayloadInvalid({name: [sentence] for name in told})
    return {**payload, **kept}


def refusal_in_words(job_type: str, error: JobsError) -> str:
    """Why a payload was refused, without the values of sensitive fields."""
    if not (isinstance(error, PayloadInvalid) and isinstance(error.errors, Mapping)):
        return str(error)
    known = job_types.find(job_type)
    sensitive = known.sensitive if known is not None else frozenset()
    return "; ".join(
        f"{name}: {'is refused' if name in sensitive else _first(found)}"
        for name, found in sorted(error.errors.items())
    )


def redrives_visible_to(user: AbstractBaseUser) -> QuerySet[Redrive]:
    """The user's own redrives; all with the permission `jobs.view_redrive`."""
    redrives = Redrive.objects.select_related("created_by").order_by("-id")
    return redrives if _may(user, VIEW_REDRIVES) else redrives.filter(created_by_id=user.pk)


def clients_seen_by(user: AbstractBaseUser, permission: str) -> set[Any] | None:
    """Primary keys of the clients whose rows the user may see; None for all, by permission.

    The user itself, and those whom its model names in `clients_seen`.
    """
    if _may(user, permission):
        return None
    seen: Callable[[], list[Any]] | None = getattr(user, "clients_seen", None)
    return {user.pk, *(seen() if seen is not None else ())}


def may_change_payloads(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Of other clients' jobs, with the permission `jobs.change_job`."""
    return _may(user, EDIT_JOBS)


def _of_clients_seen_by(user: AbstractBaseUser) -> dict[str, Any]:
    """The condition on rows of the user, and of those whom its model names in `clients_seen`.

    Ids instead of a join: PostgreSQL knows how many rows each client has, and plans by it.
    """
    seen: Callable[[], list[Any]] | None = getattr(user, "clients_seen", None)
    others = set(seen()) - {user.pk} if seen is not None else set()
    if not others:
        return {"submitted_by_id": user.pk}
    return {"submitted_by_id__in": sorted({user.pk, *others})}


def _may(user: AbstractBaseUser | AnonymousUser, permission: str) -> bool:
    """Superusers have every permission; being staff gives none."""
    return isinstance(user, PermissionsMixin) and user.has_perm(permission)


def _first(found: Any) -> str:
    while isinstance(found, Mapping | list | tuple) and found:
        found = next(iter(found.values() if isinstance(found, Mapping) else found))
    return str(found)
