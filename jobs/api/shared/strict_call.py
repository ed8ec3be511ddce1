"""What a call brings beside its path: query parameters once each, and nothing that is unknown."""

from collections.abc import Collection
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from jobs.services.enqueue.strict_payload import unknown_members


def query_of(request: Request, lists: Collection[str] = ()) -> dict[str, str]:
    """The query parameters; raises `ValidationError` if one is given twice.

    `lists`: those that take several values. Clients send these with commas between them, or the
    parameter several times, as their libraries do; here they have commas.
    """
    once = ErrorDetail("Give this parameter once.", code="repeated")
    given = dict(request.query_params.lists())
    repeated = {name: [once] for name in given if len(given[name]) > 1 and name not in lists}
    if repeated:
        raise ValidationError(repeated)
    return {name: ",".join(values) for name, values in given.items()}


def has_method(view: Any, request: Request) -> bool:
    """Whether the view has the method of the call. If not, that is what is wrong with it: a 405."""
    name = str(request.method).lower()
    return name in view.http_method_names and hasattr(view, name)


def refuse_query(request: Request) -> None:
    """For calls without query parameters; raises `ValidationError` if there is one."""
    if request.META.get("QUERY_STRING") and (unknown := unknown_members(query_of(request), ())):
        raise ValidationError(unknown)


def refuse_body(request: Request) -> None:
    """For calls whose path says everything; raises `ValidationError` for a body but `{}`."""
    if not isinstance(request.data, dict):
        raise ValidationError("This call takes no body.")
    if unknown := unknown_members(request.data, ()):
        raise ValidationError(unknown)
