"""The calls about batches: parse, call one service, render."""

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.batches.queries import BatchQuery
from jobs.api.batches.refusals import BatchRefusalMixin
from jobs.api.batches.representations import batch_representation
from jobs.api.batches.submission import batch_submission
from jobs.api.jobs.bulk_items import bulk_items
from jobs.api.jobs.bulk_parser import BulkJSONParser
from jobs.api.jobs.bulk_results import bulk_results
from jobs.api.jobs.queries import BulkQuery
from jobs.api.shared.client import client_of
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import reason_in
from jobs.api.shared.scopes import JOBS_READ, JOBS_WRITE
from jobs.api.shared.strict_call import query_of, refuse_body
from jobs.core.actor import actor_of
from jobs.models import Batch
from jobs.services.batches import batch_add, batch_cancel, batch_close, batch_create
from jobs.services.visibility import CANCEL_BATCHES, batches_visible_to, may_cancel_batch


class BatchViewSet(BatchRefusalMixin, ViewSet):
    """Makes, fills, closes, shows and cancels batches: a client's own.

    To see, or cancel, those of others takes a permission each; nobody else fills or closes one.
    """

    parser_classes = (StorableJSONParser,)
    takes_query: ClassVar[tuple[str, ...]] = ("list", "add_jobs")
    required_scopes = {
        "list": JOBS_READ,
        "retrieve": JOBS_READ,
        "create": JOBS_WRITE,
        "add_jobs": JOBS_WRITE,
        "close": JOBS_WRITE,
        "cancel": JOBS_WRITE,
    }

    def get_parsers(self) -> list[Any]:
        """A slice of jobs may be as large as the body of `POST /addJobs`."""
        if getattr(self, "action_map", {}).get("post") == "add_jobs":
            return [BulkJSONParser()]
        return super().get_parsers()

    def list(self, request: Request) -> Response:
        """A page of batches, newest first."""
        batches = batches_visible_to(client_of(request))
        return paged_response(request, BatchQuery, batches, batch_representation)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One batch, with its progress."""
        return Response(batch_representation(self._batch(request, pk)))

    def create(self, request: Request) -> Response:
        """201 with an open, empty batch."""
        asked, client = batch_submission(request.data), client_of(request)
        batch = batch_create(**asked._asdict(), submitted_by_id=client.pk)
        return self._answer(request, batch.pk, status.HTTP_201_CREATED)

    def add_jobs(self, request: Request, pk: str) -> Response:
        """200 with a result for each item, as `POST /addJobs`; 409 once the batch is closed."""
        query = BulkQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        batch = self._own(request, pk)
        results = bulk_results(
            bulk_items(request.data),
            submitted_by_id=client_of(request).pk,
            atomic=query.validated_data["atomic"],
            enqueue=partial(batch_add, batch_id=batch.pk),
        )
        return Response(results)

    def close(self, request: Request, pk: str) -> Response:
        """200 once no job can be added any more; also if it was closed already."""
        refuse_body(request)
        batch = batch_close(batch_id=self._own(request, pk).pk)
        return self._answer(request, batch.pk, status.HTTP_200_OK)

    def cancel(self, request: Request, pk: str) -> Response:
        """202: its jobs are cancelled within seconds; 409 if all have ended."""
        reason, client, batch = (
            reason_in(request.data),
            client_of(request),
            self._batch(request, pk),
        )
        if not may_cancel_batch(client, batch):
            raise PermissionDenied(f"This needs the permission {CANCEL_BATCHES}.")
        batch_cancel(batch_id=batch.pk, actor=actor_of(client), reason=reason)
        return self._answer(request, batch.pk, status.HTTP_202_ACCEPTED)

    def _answer(self, request: Request, batch_id: UUID, code: int) -> Response:
        body = batch_representation(Batch.objects.select_related("submitted_by").get(pk=batch_id))
        location = {"Location": body["links"]["self"]} if code == status.HTTP_201_CREATED else None
        return Response(body, status=code, headers=location)

    def _batch(self, request: Request, pk: str) -> Batch:
        batch: Batch = get_object_or_404(batches_visible_to(client_of(request)), pk=pk)
        return batch

    def _own(self, request: Request, pk: str) -> Batch:
        """Jobs in a batch are its client's, so that no other fills it."""
        client = client_of(request)
        batch = self._batch(request, pk)
        if batch.submitted_by_id != client.pk:
            raise PermissionDenied("Only the client that has made a batch fills and closes it.")
        return batch
