"""The lists: query string → filters → one page → rows and links to the pages beside it."""

from collections.abc import Callable
from typing import Generic, TypedDict, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.shared.page_query import PageQuery
from jobs.api.shared.pages import Cursor, page_of
from jobs.api.shared.strict_call import query_of

Row = TypeVar("Row", bound=Model)
Representation = TypeVar("Representation")


class PageRepresentation(TypedDict, Generic[Representation]):
    """A page of a list, and the paths of the pages beside it."""

    results: list[Representation]
    next: str | None
    prev: str | None


def paged_response(
    request: Request,
    query_class: type[PageQuery],
    rows: QuerySet[Row],
    represent: Callable[[Row], Representation],
) -> Response:
    """One page of the rows that the query string asks for; raises DRF's `ValidationError`."""
    query = query_class(data=query_of(request))
    query.is_valid(raise_exception=True)
    asked = query.validated_data
    page = page_of(query.filtered(rows), asked["cursor"], asked["limit"])
    body: PageRepresentation[Representation] = {
        "results": [represent(row) for row in page.rows],
        "next": _link(request, page.next),
        "prev": _link(request, page.prev),
    }
    return Response(body)


def _link(request: Request, cursor: Cursor | None) -> str | None:
    """The same list at another place: filters and limit are kept."""
    if cursor is None:
        return None
    parameters = {**request.query_params.dict(), "cursor": cursor.encode()}
    return f"{request.path}?{urlencode(parameters)}"
