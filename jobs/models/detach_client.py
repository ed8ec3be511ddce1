"""What becomes of jobs, batches and schedules when the user whose they are is deleted."""

from typing import Any

from django.db.models import Field
from django.db.models.deletion import Collector
from django.db.models.functions import Now


def detach_client(collector: Collector, field: "Field[Any, Any]", rows: Any, using: str) -> None:
    """An `on_delete` that sets the client to NULL, and `client_left_at` to this moment.

    Without that moment the rows would pass for those of code, whose secret signs its calls.

    The idempotency key of a job must go too, because jobs without a client are unique by type and
    key as well, and two clients may have used the same one. No client is left to send it again. The
    effect key stays.
    """
    fields = {one.name: one for one in field.model._meta.fields}
    if key := fields.get("idempotency_key"):
        collector.add_field_update(key, None, rows)
    collector.add_field_update(fields["client_left_at"], Now(), rows)
    # The last one: by it the rows are found.
    collector.add_field_update(field, None, rows)


# Django (since 4.2) then hands over a queryset without loading the rows.
detach_client.lazy_sub_objs = True  # type: ignore[attr-defined]
