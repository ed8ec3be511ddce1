"""The lists: query string → filters → one page → rows and links to the pages beside it."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.shared.client import client_of
from jobs.api.shared.page_query import PageQuery
from jobs.api.shared.pages import Cursor, page_of
from jobs.api.shared.strict_call import query_of
from jobs.services.time_limit import statements_within

Row = TypeVar("Row", bound=Model)

# A page by an index takes some milliseconds. What takes so long reads through most of the table.
LIST_SECONDS = 3.0


class PageRepresentation(TypedDict):
    """A page of a list, and the paths of the pages beside it."""

    results: list[Mapping[str, Any]]
    next: str | None
    prev: str | None


def paged_response(
    request: Request,
    query_class: type[PageQuery],
    rows: QuerySet[Row],
    represent: Callable[[Row], Mapping[str, Any]],
) -> Response:
    """One page of the rows that the query string asks for.

    Raises DRF's `ValidationError`, UnknownJobType, UnknownQueue, and StatementTooSlow if the rows
    are not found within LIST_SECONDS.
    """
    given = query_of(request, query_class.lists())
    query = query_class(data=given, context={"client": client_of(request)})
    query.is_valid(raise_exception=True)
    asked = query.validated_data
    rows = query.filtered(rows)
    with statements_within(LIST_SECONDS):
        page = page_of(rows, asked["cursor"], asked["limit"])
    body: PageRepresentation = {
        "results": [query.represented(row, represent) for row in page.rows],
        "next": _link(request.path, given, page.next),
        "prev": _link(request.path, given, page.prev),
    }
    links = [f'<{body[rel]}>; rel="{rel}"' for rel in ("next", "prev") if body[rel]]
    headers = {"Link": ", ".join(links)} if links else {}
    return Response(body, headers={**headers, **_deprecation(request, query)})


def _deprecation(request: Request, query: PageQuery) -> dict[str, str]:
    """A header for whoever still uses a parameter that is not to be used any more (RFC 9745)."""
    since = [at for name, at in query.deprecated.items() if name in request.query_params]
    return {"Deprecation": f"@{min(since).timestamp():.0f}"} if since else {}


def _link(path: str, given: Mapping[str, str], cursor: Cursor | None) -> str | None:
    """The same list at another place: filters and limit are kept."""
    if cursor is None:
        return None
    return f"{path}?{urlencode({**given, 'cursor': cursor.encode()})}"
