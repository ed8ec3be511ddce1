"""The calls that submit jobs: parse, call one service, render."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.jobs.bulk_items import bulk_items
from jobs.api.jobs.bulk_parser import BulkJSONParser
from jobs.api.jobs.bulk_results import bulk_results
from jobs.api.jobs.line_results import line_results
from jobs.api.jobs.lines_parser import MEDIA_TYPE, LinesParser
from jobs.api.jobs.queries import BulkQuery
from jobs.api.jobs.refusals import JobRefusalMixin
from jobs.api.jobs.representations import job_receipt
from jobs.api.jobs.submission import job_request
from jobs.api.shared.client import client_of
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.scopes import JOBS_WRITE
from jobs.api.shared.strict_call import query_of, refuse_query
from jobs.services.enqueue import job_enqueue_together

# Where the server says how many jobs of a stream came before the slice. No header can say it.
FIRST_INDEX = "jobs.first_index"


class AddJobView(JobRefusalMixin, APIView):
    """Submits one job."""

    parser_classes = (StorableJSONParser,)
    required_scopes = {"post": JOBS_WRITE}

    def post(self, request: Request) -> Response:
        """202 once the row is committed; 200 for a job that was there already."""
        accepted = job_enqueue_together(
            request=job_request(request.data), submitted_by_id=client_of(request).pk
        )
        receipt = job_receipt(accepted)
        return Response(
            receipt,
            status=status.HTTP_200_OK if accepted.duplicate else status.HTTP_202_ACCEPTED,
            headers={"Location": path} if (path := receipt["links"].get("self")) else None,
        )


class AddJobsView(JobRefusalMixin, APIView):
    """Submits up to a thousand jobs; as lines, any number of them."""

    parser_classes = (BulkJSONParser, LinesParser)
    takes_query = ("post",)
    required_scopes = {"post": JOBS_WRITE}

    def takes_call_key(self, request: Request) -> bool:
        """The answer to lines is of any length, and not stored."""
        return not _are_lines(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Lines are answered with lines, whatever the client accepts."""
        return super().perform_content_negotiation(request, force or _are_lines(request))

    def post(self, request: Request) -> HttpResponseBase:
        """200 with a result for each item, in their order; 422 if none is accepted."""
        if _are_lines(request):
            return self._answer_lines(request)
        query = BulkQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        results = bulk_results(
            bulk_items(request.data),
            submitted_by_id=client_of(request).pk,
            atomic=query.validated_data["atomic"],
        )
        return Response(results)

    def _answer_lines(self, request: Request) -> HttpResponse:
        """200 with a line for each line. The server calls this for each slice of a stream."""
        refuse_query(request)
        body: Any = request.data  # {} without a body
        lines = line_results(
            body.get("lines", ()),
            submitted_by_id=client_of(request).pk,
            first_index=request.META.get(FIRST_INDEX, 0),
        )
        return HttpResponse(lines, content_type=MEDIA_TYPE)


def _are_lines(request: Request) -> bool:
    content_type: str = request.content_type or ""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE
