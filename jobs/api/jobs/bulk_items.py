"""What the body of `POST /addJobs` asks for."""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from jobs.services.enqueue.strict_payload import unknown_members

ITEMS_MAX = 1_000


def bulk_items(body: Any) -> list[Any]:
    """The items in the body; raises `ValidationError` if it is anything but a list of them."""
    if not isinstance(body, dict):
        raise ValidationError('Give a JSON object: {"jobs": [...]}.')
    if unknown := unknown_members(body, ["jobs"]):
        raise ValidationError(unknown)
    if "jobs" not in body:
        raise ValidationError({"jobs": [ErrorDetail("This field is required.", code="required")]})
    items = body["jobs"]
    if not isinstance(items, list):
        raise ValidationError({"jobs": [ErrorDetail("Give a list of jobs.", code="not_a_list")]})
    if len(items) > ITEMS_MAX:
        detail = ErrorDetail(f"Give at most {ITEMS_MAX} jobs in one call.", code="max_length")
        raise ValidationError({"jobs": [detail]})
    return items
