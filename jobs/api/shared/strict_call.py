"""What a call brings beside its path: query parameters once each, and nothing that is unknown."""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from jobs.services.enqueue.strict_payload import unknown_members


def query_of(request: Request) -> dict[str, str]:
    """The query parameters; raises `ValidationError` if one is given twice."""
    once = ErrorDetail("Give this parameter once.", code="repeated")
    repeated = {name: [once] for name, values in request.query_params.lists() if len(values) > 1}
    if repeated:
        raise ValidationError(repeated)
    return request.query_params.dict()


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
