"""The calls about groups of dead letters: parse, call one service, render."""

from urllib.parse import urlencode

from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.dead_letter_groups.queries import GroupQuery, cursor_at
from jobs.api.dead_letter_groups.refusals import GroupRefusalMixin
from jobs.api.dead_letter_groups.representations import (
    GroupDiscardRepresentation,
    GroupPage,
    group_representation,
    names_of,
)
from jobs.api.dead_letter_groups.submission import GroupDiscardBody
from jobs.api.dead_letters.permissions import MayDiscard
from jobs.api.shared.client import client_of
from jobs.api.shared.page_response import LIST_SECONDS
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.scopes import DLQ_READ, DLQ_WRITE
from jobs.api.shared.strict_call import query_of
from jobs.models import DeadLetter
from jobs.services.dead_letter_groups import group_discard, groups_now
from jobs.services.time_limit import statements_within
from jobs.services.visibility import VIEW_DEAD_LETTERS, clients_seen_by


class DeadLetterGroupViewSet(GroupRefusalMixin, ViewSet):
    """Waiting dead letters by the fingerprint of their error: a client's own, or all."""

    parser_classes = (StorableJSONParser,)
    required_scopes = {"list": DLQ_READ, "discard": DLQ_WRITE}

    def get_permissions(self) -> list[BasePermission]:
        """To discard takes a permission of its own."""
        needed = [MayDiscard()] if self.action == "discard" else []
        return [IsAuthenticated(), *needed]

    def list(self, request: Request) -> Response:
        """A page of groups, the largest first unless another order is asked for."""
        query = GroupQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        first, limit = asked["cursor"] or 0, asked["limit"]
        with statements_within(LIST_SECONDS):
            found = groups_now(
                clients=clients_seen_by(client_of(request), VIEW_DEAD_LETTERS),
                job_type=asked.get("type"),
                muted=asked.get("muted"),
                assigned_to=asked.get("assigned_to"),
                order=asked["order"],
                first=first,
                limit=limit,
            )
            names = names_of(found.groups)
        link = None
        if first + limit < found.total:
            parameters = {**request.query_params.dict(), "cursor": cursor_at(first + limit)}
            link = f"{request.path}?{urlencode(parameters)}"
        body: GroupPage = {
            "results": [group_representation(one, names) for one in found.groups],
            "total": found.total,
            "is_capped": found.is_capped,
            "next": link,
        }
        return Response(body, headers={"Link": f'<{link}>; rel="next"'} if link else None)

    def discard(self, request: Request) -> Response:
        """200 with how many were discarded: of what the client may see, a whole group."""
        body = GroupDiscardBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked, client = body.validated_data, client_of(request)
        try:
            done = group_discard(
                fingerprint=asked["fingerprint"],
                until=asked.get("created_before"),
                resolved_by_id=client.pk,
                reason=asked["reason"],
                clients=clients_seen_by(client, VIEW_DEAD_LETTERS),
            )
        except DeadLetter.DoesNotExist:
            raise NotFound from None
        answer: GroupDiscardRepresentation = {
            "fingerprint": asked["fingerprint"],
            "discarded": done.discarded,
            "left": done.left,
        }
        return Response(answer)
