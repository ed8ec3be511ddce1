"""The calls about limits: parse, call one service, render."""

from urllib.parse import urlencode

from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.limits.permissions import MayUseLimits
from jobs.api.limits.queries import LimitQuery, asked_limit, cursor_behind
from jobs.api.limits.refusals import LimitRefusalMixin
from jobs.api.limits.representations import LimitPage, limit_representation
from jobs.api.shared.client import client_of
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.scopes import JOBS_READ, QUEUES_WRITE
from jobs.api.shared.strict_call import query_of, refuse_body
from jobs.core.actor import actor_of
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.limits.in_use import limit_in_use, limits_in_use


class LimitViewSet(LimitRefusalMixin, ViewSet):
    """Shows, sets and removes limits; each takes a permission."""

    parser_classes = (StorableJSONParser,)
    permission_classes = (IsAuthenticated, MayUseLimits)
    required_scopes = {
        "list": JOBS_READ,
        "retrieve": JOBS_READ,
        "update": QUEUES_WRITE,
        "destroy": QUEUES_WRITE,
    }

    def list(self, request: Request) -> Response:
        """A page of limits, by name."""
        query = LimitQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        most = query.validated_data["limit"]
        found = limits_in_use(after=query.validated_data["cursor"] or "", limit=most + 1)
        page, link = found[:most], None
        if len(found) > most:
            asked = {"limit": most, "cursor": cursor_behind(page[-1].limit.name)}
            link = f"{request.path}?{urlencode(asked)}"
        body: LimitPage = {"results": [limit_representation(one) for one in page], "next": link}
        return Response(body)

    def retrieve(self, request: Request, name: str) -> Response:
        """One limit: as staff set it, or as code declares it."""
        return self._answer(name)

    def update(self, request: Request, name: str) -> Response:
        """200 once it is set; it is known everywhere within a second."""
        asked = asked_limit(request.data)
        limit = limit_set(
            name=name,
            rule=asked.rule,
            is_fair=asked.is_fair,
            actor=actor_of(client_of(request)),
            reason=asked.reason,
        )
        return self._answer(limit.name)

    def destroy(self, request: Request, name: str) -> Response:
        """204; what code declares holds again, and else what it held is admitted."""
        refuse_body(request)
        if not limit_remove(name=name, actor=actor_of(client_of(request))):
            raise NotFound("No limit of this name was set at run time.")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self, name: str) -> Response:
        return Response(limit_representation(limit_in_use(name=name)))
