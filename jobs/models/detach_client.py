"""What becomes of jobs when the user who submitted them is deleted."""

from typing import Any

from django.db.models import Field
from django.db.models.deletion import Collector


def detach_client(collector: Collector, field: "Field[Any, Any]", jobs: Any, using: str) -> None:
    """Jobs stay and become nobody's, without the key by which their client named them.

    Two clients may have used one key, and nobody's jobs must be unique by key as well. Nobody
    is left who could send the key again. The key of the effect stays.
    """
    key: Field[Any, Any] = next(f for f in field.model._meta.fields if f.name == "idempotency_key")
    collector.add_field_update(key, None, jobs)
    collector.add_field_update(field, None, jobs)


# Does not load the jobs, as of Django 4.2.
detach_client.lazy_sub_objs = True  # type: ignore[attr-defined]
