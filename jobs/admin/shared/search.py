"""What a search term may mean. Every query uses an index, however big the tables are."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q

from jobs.handlers.registry import job_types
from jobs.models import Job, ProcessedKey

# Rows that a search finds at most: more than a person reads, and a list of ids that stays short.
FOUND_LIMIT = 1_000


def as_uuid(term: str) -> UUID | None:
    """The term as an id, with or without hyphens."""
    try:
        return UUID(term)
    except ValueError:
        return None


def keys_matching(term: str) -> Q:
    """Keys that begin with the term; the type before the client's own key may be left out."""
    matching = Q(key__startswith=term) | Q(key__startswith=f":{term}")  # clients' keys
    for name in job_types.names():
        matching |= Q(key__startswith=f"{name}:{term}") | Q(key__startswith=f":{name}:{term}")
    return matching


def job_ids_matching(term: str) -> set[UUID]:
    """Jobs with that id or idempotency key, with an effect key that begins with the term, or of the
    request with that id."""
    if job_id := as_uuid(term):
        return {job_id}
    by_client_key = Job.objects.filter(idempotency_key=term).values_list("id", flat=True)
    by_request = Job.objects.filter(request_id=term).order_by().values_list("id", flat=True)
    holding = ProcessedKey.objects.filter(keys_matching(term)).order_by()
    by_effect_key = holding.values_list("job_id", flat=True)
    return {
        *by_client_key[:FOUND_LIMIT],
        *by_effect_key[:FOUND_LIMIT],
        *by_request[:FOUND_LIMIT],
    }


def clients_named(term: str) -> list[Any]:
    """The primary keys of the accounts with exactly that name."""
    users = get_user_model()
    named = users._default_manager.filter(**{users.USERNAME_FIELD: term})
    return list(named.values_list("pk", flat=True)[:1])
