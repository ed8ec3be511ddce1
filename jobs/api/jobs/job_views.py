"""The calls about jobs: parse, call one service, render."""

from django.db.models import OuterRef, QuerySet, Subquery
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.jobs.queries import JobQuery
from jobs.api.jobs.refusals import JobRefusalMixin
from jobs.api.jobs.representations import job_representation
from jobs.api.shared.client import client_of
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.models import DeadLetter, Job
from jobs.services.cancel import job_cancel
from jobs.services.visibility import jobs_visible_to


class JobViewSet(JobRefusalMixin, ViewSet):
    """Shows jobs and cancels them: a client's own, or all of them to staff."""

    parser_classes = (StorableJSONParser,)

    def list(self, request: Request) -> Response:
        """A page of jobs, newest first."""
        return paged_response(request, JobQuery, self._jobs(request), job_representation)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One job."""
        return Response(job_representation(self._job(request, pk)))

    def cancel(self, request: Request, pk: str) -> Response:
        """202 once the job is cancelled, or asked to stop if it runs; 409 if it is final."""
        job_cancel(job_id=self._job(request, pk).pk)
        cancelled = self._jobs(request).get(pk=pk)
        return Response(job_representation(cancelled), status=status.HTTP_202_ACCEPTED)

    def _job(self, request: Request, pk: str) -> Job:
        job: Job = get_object_or_404(self._jobs(request), pk=pk)
        return job

    def _jobs(self, request: Request) -> QuerySet[Job]:
        newest_letter = DeadLetter.objects.filter(job=OuterRef("pk")).order_by("-pk")
        return jobs_visible_to(client_of(request)).annotate(
            failed_job_id=Subquery(newest_letter.values("pk")[:1])
        )
