"""The calls about queues: parse, call one service, render."""

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.queues.permissions import MayUseQueues
from jobs.api.queues.queries import QueueQuery
from jobs.api.queues.refusals import QueueRefusalMixin
from jobs.api.queues.representations import queue_representation
from jobs.api.shared.client import client_of
from jobs.api.shared.etags import answer_unless_known, etag_of
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import decision_reason
from jobs.api.shared.scopes import JOBS_READ, QUEUES_WRITE
from jobs.api.shared.strict_call import query_of
from jobs.core.actor import actor_of
from jobs.services.queues import queue_pause, queue_resume
from jobs.services.queues_now import queue_now, queues_now


class QueueViewSet(QueueRefusalMixin, ViewSet):
    """Shows queues, pauses and resumes them; each takes a permission."""

    parser_classes = (StorableJSONParser,)
    permission_classes = (IsAuthenticated, MayUseQueues)
    required_scopes = {
        "list": JOBS_READ,
        "retrieve": JOBS_READ,
        "pause": QUEUES_WRITE,
        "resume": QUEUES_WRITE,
    }

    def list(self, request: Request) -> Response:
        """Every queue, in the order of the settings; 304 for a client that has them so."""
        query = QueueQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        body = {"results": [queue_representation(one) for one in queues_now()]}
        return answer_unless_known(request, body, etag_of({}, body))

    def retrieve(self, request: Request, name: str) -> Response:
        """One queue; 304 for a client that has it as it is."""
        body = queue_representation(queue_now(name=name))
        return answer_unless_known(request, body, etag_of({}, body))

    def pause(self, request: Request, name: str) -> Response:
        """200 once workers will take nothing more from the queue."""
        reason = decision_reason(request.data)
        queue_pause(name=name, actor=actor_of(client_of(request)), reason=reason)
        return self._answer(name)

    def resume(self, request: Request, name: str) -> Response:
        """200 once workers may take from the queue again; the same for one that was not paused."""
        reason = decision_reason(request.data)
        queue_resume(name=name, actor=actor_of(client_of(request)), reason=reason)
        return self._answer(name)

    def _answer(self, name: str) -> Response:
        return Response(queue_representation(queue_now(name=name)))
