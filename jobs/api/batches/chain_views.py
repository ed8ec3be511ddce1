"""The calls about chains: parse, call one service, render."""

from uuid import UUID

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, PermissionDenied, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.batches.chain_representations import ChainRepresentation, chain_representation
from jobs.api.batches.chain_submission import chain_submission
from jobs.api.batches.refusals import BatchRefusalMixin
from jobs.api.jobs.bulk_parser import BulkJSONParser
from jobs.api.shared.client import client_of
from jobs.api.shared.scopes import JOBS_READ, JOBS_WRITE
from jobs.services.chains import chain_create
from jobs.services.visibility import batches_visible_to, jobs_visible_to


class ChainViewSet(BatchRefusalMixin, ViewSet):
    """Makes and shows chains: whoever may see the first job may see the chain."""

    # A hundred jobs may be as large as the body of `POST /addJobs`.
    parser_classes = (BulkJSONParser,)
    required_scopes = {"retrieve": JOBS_READ, "create": JOBS_WRITE}

    def retrieve(self, request: Request, pk: str) -> Response:
        """One chain with its jobs, those that are still to come included."""
        first = get_object_or_404(jobs_visible_to(client_of(request)), pk=pk)
        return Response(_shown(first.pk))

    def create(self, request: Request) -> Response:
        """201 with the chain, whose first job is enqueued."""
        asked, client = chain_submission(request.data), client_of(request)
        if asked.batch_id is not None:
            self._check_own(request, asked.batch_id)
        first = chain_create(
            requests=asked.requests, batch_id=asked.batch_id, submitted_by_id=client.pk
        )
        body = _shown(first.job_id)
        location = {"Location": body["links"]["self"]}
        return Response(body, status=status.HTTP_201_CREATED, headers=location)

    def _check_own(self, request: Request, batch_id: UUID) -> None:
        """Jobs in a batch are its client's, so that no other fills it."""
        client = client_of(request)
        batch = batches_visible_to(client).filter(pk=batch_id).first()
        if batch is None:
            unknown = ErrorDetail("There is no batch with this id.", code="unknown")
            raise ValidationError({"batch": [unknown]})
        if batch.submitted_by_id != client.pk:
            raise PermissionDenied("Only the client that has made a batch fills it.")


def _shown(chain_id: UUID) -> ChainRepresentation:
    body = chain_representation(chain_id)
    if body is None:
        raise Http404("This job is not the first one of a chain.")
    return body
