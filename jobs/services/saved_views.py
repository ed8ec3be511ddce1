"""Filters of lists that people keep under a name, each for itself."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from jobs.core.errors import JobsError
from jobs.models import SavedView

# For each person and list: more than anybody finds again.
KEPT_MAX = 50
NAME_MAX = 60
QUERY_MAX = 2_000


class ViewNotSaved(JobsError):
    """The filter cannot be kept; the message says why."""


def saved_views_of(*, owner_id: Any, page: str) -> QuerySet[SavedView]:
    """What this person keeps for the list of that model, by name."""
    return SavedView.objects.filter(owner_id=owner_id, page=page).order_by("name")


def saved_view_save(*, owner_id: Any, page: str, name: str, query: str) -> SavedView:
    """Keeps a filter; one of the same name is replaced.

    `page`: the name of the model; `query`: the filters as the list's address has them.
    Raises ViewNotSaved.
    """
    name = name.replace("\x00", "").strip()
    if not name or len(name) > NAME_MAX:
        raise ViewNotSaved(f"give it a name of 1 to {NAME_MAX} characters")
    if len(query) > QUERY_MAX:
        raise ViewNotSaved("these filters are too long to be kept")
    others = SavedView.objects.filter(owner_id=owner_id, page=page).exclude(name=name)
    if others.count() >= KEPT_MAX:
        raise ViewNotSaved(f"you keep {KEPT_MAX} views of this list already: delete one first")
    view, _ = SavedView.objects.update_or_create(
        owner_id=owner_id, page=page, name=name, defaults={"query": query}
    )
    return view


def saved_view_delete(*, owner_id: Any, view_id: UUID) -> bool:
    """Deletes a filter of this person; returns whether there was one."""
    return SavedView.objects.filter(owner_id=owner_id, id=view_id).delete()[0] > 0
