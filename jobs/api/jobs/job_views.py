"""The calls about jobs: parse, call one service, render."""

from typing import ClassVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.jobs.edit_body import job_changes
from jobs.api.jobs.etags import job_etag, job_record_etag
from jobs.api.jobs.queries import JobQuery
from jobs.api.jobs.refusals import JobRefusalMixin
from jobs.api.jobs.representations import job_representation, single_job
from jobs.api.jobs.wait_query import wait_seconds
from jobs.api.shared.client import client_of
from jobs.api.shared.etags import answer_unless_known, precondition
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import decision_reason
from jobs.api.shared.scopes import JOBS_READ, JOBS_WRITE
from jobs.api.shared.waiting import is_waiting_for_end, retry_later
from jobs.core.actor import actor_of
from jobs.core.states import FINAL_STATES
from jobs.models import DeadLetter, Job
from jobs.services.cancel import job_cancel
from jobs.services.edit import job_edit
from jobs.services.visibility import (
    CANCEL_JOBS,
    EDIT_JOBS,
    jobs_submitted_by,
    jobs_visible_to,
    may_cancel,
    may_edit,
)


class JobViewSet(JobRefusalMixin, ViewSet):
    """Shows, edits and cancels jobs: a client's own; those of others take a permission each."""

    parser_classes = (StorableJSONParser,)
    takes_query: ClassVar[tuple[str, ...]] = ("list", "retrieve")
    required_scopes = {
        "list": JOBS_READ,
        "retrieve": JOBS_READ,
        "cancel": JOBS_WRITE,
        "edit": JOBS_WRITE,
    }

    def list(self, request: Request) -> Response:
        """A page of jobs, newest first."""
        jobs = with_links(jobs_visible_to(client_of(request)))
        return paged_response(request, JobQuery, jobs, job_representation)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One job; 304 for a client that has it as it is.

        With `wait`, as soon as it has ended, or when its seconds are over.
        """
        seconds = wait_seconds(request)
        job, is_early = self._job(request, pk), False
        if seconds and job.state not in FINAL_STATES:
            if is_waiting_for_end(request, job, seconds):
                return Response()
            job = self._job(request, pk)
            is_early = job.state not in FINAL_STATES
        body = single_job(job)
        response = answer_unless_known(request, body, job_etag(body))
        if is_early:
            retry_later(request, response)
        return response

    def cancel(self, request: Request, pk: str) -> Response:
        """202 once the job is cancelled, or asked to stop if it runs; 409 if it is final."""
        reason = decision_reason(request.data)
        client, job = client_of(request), self._job(request, pk)
        if not may_cancel(client, job):
            raise PermissionDenied(f"This needs the permission {CANCEL_JOBS}.")
        job_cancel(job_id=job.pk, actor=actor_of(client), reason=reason)
        return self._changed(request, pk, status.HTTP_202_ACCEPTED)

    def edit(self, request: Request, pk: str) -> Response:
        """200 with the changed job; 409 once an attempt has begun, 412 for an outdated If-Match."""
        client, job = client_of(request), self._job(request, pk)
        if not may_edit(client, job):
            raise PermissionDenied(f"This needs the permission {EDIT_JOBS}.")
        changes, reason = job_changes(request.data)
        job_edit(
            job_id=job.pk,
            changes=changes,
            actor=actor_of(client),
            reason=reason,
            check=precondition(request, job_record_etag),
        )
        return self._changed(request, pk, status.HTTP_200_OK)

    def _changed(self, request: Request, pk: str, code: int) -> Response:
        """The job after a change."""
        body = single_job(self._job(request, pk))
        return Response(body, status=code, headers={"ETag": job_etag(body).text})

    def _job(self, request: Request, pk: str) -> Job:
        """Nearly always it is the client's own, and permissions need not be asked for."""
        client = client_of(request)
        try:
            job: Job = get_object_or_404(with_links(jobs_submitted_by(client)), pk=pk)
        except Http404:
            job = get_object_or_404(with_links(jobs_visible_to(client)), pk=pk)
        return job


def with_links(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """The jobs with what `job_representation` needs for their links."""
    newest_letter = DeadLetter.objects.filter(job=OuterRef("pk")).order_by("-pk")
    return jobs.annotate(failed_job_id=Subquery(newest_letter.values("pk")[:1]))
