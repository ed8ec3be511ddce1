"""What becomes of jobs when the user who submitted them is deleted."""

from typing import Any

from django.db.models import Field
from django.db.models.deletion import Collector


def detach_client(collector: Collector, field: "Field[Any, Any]", jobs: Any, using: str) -> None:
    """An `on_delete` that sets `submitted_by` and `idempotency_key` to NULL.

    The key must go too, because jobs without a client are unique by type and key as well, and two
    clients may have used the same one. No client is left to send it again. The effect key stays.
    """
    key: Field[Any, Any] = next(f for f in field.model._meta.fields if f.name == "idempotency_key")
    collector.add_field_update(key, None, jobs)
    collector.add_field_update(field, None, jobs)


# Django (since 4.2) then hands over a queryset without loading the jobs.
detach_client.lazy_sub_objs = True  # type: ignore[attr-defined]
