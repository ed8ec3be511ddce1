"""The calls that submit jobs: parse, call one service, render."""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.jobs.bulk_items import bulk_items
from jobs.api.jobs.bulk_parser import BulkJSONParser
from jobs.api.jobs.bulk_results import bulk_results
from jobs.api.jobs.queries import BulkQuery
from jobs.api.jobs.refusals import JobRefusalMixin
from jobs.api.jobs.representations import job_receipt
from jobs.api.jobs.submission import job_request
from jobs.api.shared.client import client_of
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.scopes import JOBS_WRITE
from jobs.api.shared.strict_call import query_of
from jobs.services.enqueue import job_enqueue_together


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
    """Submits up to a thousand jobs."""

    parser_classes = (BulkJSONParser,)
    takes_query = ("post",)
    required_scopes = {"post": JOBS_WRITE}

    def post(self, request: Request) -> Response:
        """200 with a result for each item, in their order; 422 if none is accepted."""
        query = BulkQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        results = bulk_results(
            bulk_items(request.data),
            submitted_by_id=client_of(request).pk,
            atomic=query.validated_data["atomic"],
        )
        return Response(results)
