"""The calls about redrives: parse, call one service, render."""

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.redrives.permissions import MayUseRedrives
from jobs.api.redrives.queries import RedriveQuery
from jobs.api.redrives.refusals import RedriveRefusalMixin
from jobs.api.redrives.representations import redrive_representation
from jobs.api.redrives.submission import asked_redrive
from jobs.api.shared.client import client_of
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import decision_reason
from jobs.api.shared.scopes import DLQ_READ, DLQ_WRITE
from jobs.core.actor import actor_of
from jobs.core.selection import Selection
from jobs.models import Redrive
from jobs.services.redrives import (
    redrive_cancel,
    redrive_pause,
    redrive_resume,
    redrive_start,
    sees_all_selected,
    selection_seen_by,
)
from jobs.services.visibility import (
    EDIT_JOBS,
    VIEW_DEAD_LETTERS,
    may_change_payloads,
    redrives_visible_to,
)


class RedriveViewSet(RedriveRefusalMixin, ViewSet):
    """Starts, shows, pauses, resumes and cancels redrives: a client's own, or all by permission."""

    parser_classes = (StorableJSONParser,)
    permission_classes = (IsAuthenticated, MayUseRedrives)
    required_scopes = {
        "list": DLQ_READ,
        "retrieve": DLQ_READ,
        "create": DLQ_WRITE,
        "pause": DLQ_WRITE,
        "resume": DLQ_WRITE,
        "cancel": DLQ_WRITE,
    }

    def list(self, request: Request) -> Response:
        """A page of redrives, newest first."""
        redrives = redrives_visible_to(client_of(request))
        return paged_response(request, RedriveQuery, redrives, redrive_representation)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One redrive, with its progress."""
        return Response(redrive_representation(self._redrive(request, pk)))

    def create(self, request: Request) -> Response:
        """202: the workers replay what it selects, of what the client may see and submit."""
        asked = asked_redrive(request.data, client_of(request))
        selection = selection_seen_by(client_of(request), asked.selection)
        self._check_changes(request, asked.changes, selection)
        redrive = redrive_start(
            selection=selection,
            changes=asked.changes,
            rate=asked.rate,
            stop_at_percent=asked.stop_at_percent,
            created_by_id=client_of(request).pk,
            reason=asked.reason,
        )
        body = redrive_representation(redrive)
        location = {"Location": body["links"]["self"]}
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=location)

    def pause(self, request: Request, pk: str) -> Response:
        """200 once nothing more is replayed; 409 if the redrive has ended."""
        return self._decide(request, pk, redrive_pause)

    def resume(self, request: Request, pk: str) -> Response:
        """200; it goes on from where it was, with what the client may see and change now."""
        self._check_rest(request, self._redrive(request, pk))
        return self._decide(request, pk, redrive_resume)

    def cancel(self, request: Request, pk: str) -> Response:
        """200; what it has not replayed goes on waiting for a person."""
        return self._decide(request, pk, redrive_cancel)

    def _decide(self, request: Request, pk: str, service: Callable[..., Redrive]) -> Response:
        reason = decision_reason(request.data)
        redrive = service(
            redrive_id=self._redrive(request, pk).pk,
            actor=actor_of(client_of(request)),
            reason=reason,
        )
        return Response(redrive_representation(redrive))

    def _check_rest(self, request: Request, redrive: Redrive) -> None:
        """Since it began the client may have lost rights or left its tenant, or it is another."""
        client, selection = client_of(request), Selection.of(redrive.selection)
        if not sees_all_selected(client, selection):
            raise PermissionDenied(
                f"To replay what is left of this redrive needs the permission {VIEW_DEAD_LETTERS}."
            )
        self._check_changes(request, redrive.changes, selection_seen_by(client, selection))

    def _check_changes(
        self, request: Request, changes: Mapping[str, Any] | None, selection: Selection
    ) -> None:
        """Payloads of one's own jobs may be changed; those of other clients by permission."""
        client = client_of(request)
        own = str(client.pk)
        is_own = own == selection.client or (own,) == selection.seen_clients
        if changes and not is_own and not may_change_payloads(client):
            raise PermissionDenied(f"To change payloads needs the permission {EDIT_JOBS}.")

    def _redrive(self, request: Request, pk: str) -> Redrive:
        redrive: Redrive = get_object_or_404(redrives_visible_to(client_of(request)), pk=pk)
        return redrive
