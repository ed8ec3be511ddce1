"""The calls about dead letters: parse, call one service, render."""

from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.dead_letters.permissions import MayDiscard, MayReplay
from jobs.api.dead_letters.queries import DeadLetterQuery
from jobs.api.dead_letters.refusals import DeadLetterRefusalMixin
from jobs.api.dead_letters.replay_body import asked_replay
from jobs.api.dead_letters.representations import (
    SingleDeadLetter,
    dead_letter_representation,
    single_dead_letter,
)
from jobs.api.shared.client import client_of
from jobs.api.shared.etags import answer_unless_known, etag_of
from jobs.api.shared.links import job_path
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import decision_reason
from jobs.api.shared.scopes import DLQ_READ, DLQ_WRITE
from jobs.models import DeadLetter
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.visibility import (
    EDIT_JOBS,
    dead_letters_visible_to,
    may_edit,
    may_view_tracebacks,
)


class DeadLetterViewSet(DeadLetterRefusalMixin, ViewSet):
    """Shows dead letters, a client's own or all by permission; replays and discards them."""

    parser_classes = (StorableJSONParser,)
    required_scopes = {
        "list": DLQ_READ,
        "retrieve": DLQ_READ,
        "replay": DLQ_WRITE,
        "discard": DLQ_WRITE,
    }

    def get_permissions(self) -> list[BasePermission]:
        """Each decision takes a permission of its own."""
        decisions: dict[str, BasePermission] = {"replay": MayReplay(), "discard": MayDiscard()}
        needed = decisions.get(self.action or "")
        return [IsAuthenticated(), *([needed] if needed else [])]

    def list(self, request: Request) -> Response:
        """A page of dead letters, newest first."""
        letters = dead_letters_visible_to(client_of(request))
        return paged_response(request, DeadLetterQuery, letters, dead_letter_representation)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One dead letter; 304 for a client that has it as it is."""
        body = self._shown(request, self._letter(request, pk))
        return answer_unless_known(request, body, etag_of(body, {}))

    def replay(self, request: Request, pk: str) -> Response:
        """202 once the job is back in its queue; 409 if the dead letter is resolved.

        With another payload if the body has one: of other clients' jobs by permission.
        """
        asked, client = asked_replay(request.data), client_of(request)
        letter = self._letter(request, pk)
        if asked.payload is not None and not may_edit(client, letter.job):
            raise PermissionDenied(f"This needs the permission {EDIT_JOBS}.")
        dead_letter_replay(
            dead_letter_id=letter.pk,
            resolved_by_id=client.pk,
            payload=asked.payload,
            reason=asked.reason,
        )
        letter = self._letter(request, pk)
        return Response(
            self._shown(request, letter),
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": job_path(letter.job_id)},
        )

    def discard(self, request: Request, pk: str) -> Response:
        """200 with the dead letter, whose job stays dead; 409 if it is resolved."""
        reason = decision_reason(request.data)
        letter = self._letter(request, pk)
        dead_letter_discard(
            dead_letter_id=letter.pk, resolved_by_id=client_of(request).pk, reason=reason
        )
        return Response(self._shown(request, self._letter(request, pk)))

    def _shown(self, request: Request, letter: DeadLetter) -> SingleDeadLetter:
        """With tracebacks for those who may see them; lists have none."""
        may_view = may_view_tracebacks(client_of(request))
        return single_dead_letter(letter, with_tracebacks=may_view)

    def _letter(self, request: Request, pk: str) -> DeadLetter:
        letters = dead_letters_visible_to(client_of(request)).select_related("submitted_by", "job")
        letter: DeadLetter = get_object_or_404(letters, pk=pk)
        return letter
