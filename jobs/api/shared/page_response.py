"""The lists: query string → filters → one page → rows and links to the pages beside it."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jobs.api.shared.page_query import PageQuery
from jobs.api.shared.pages import Cursor, page_of


def paged_response(
    request: Request,
    query_class: type[PageQuery],
    rows: QuerySet[Any],
    representation: type[BaseSerializer[Any]],
) -> Response:
    """One page of the rows that the query string asks for; a bad query string is a 400."""
    query = query_class(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    asked = query.validated_data
    page = page_of(query.filtered(rows), asked["cursor"], asked["limit"])
    return Response(
        {
            "results": representation(page.rows, many=True).data,
            "next": _link(request, page.next),
            "prev": _link(request, page.prev),
        }
    )


def _link(request: Request, cursor: Cursor | None) -> str | None:
    """The same list at another place: filters and limit are kept."""
    if cursor is None:
        return None
    parameters = {**request.query_params.dict(), "cursor": cursor.encode()}
    return f"{request.path}?{urlencode(parameters)}"
