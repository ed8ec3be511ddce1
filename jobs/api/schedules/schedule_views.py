"""The calls about schedules: parse, call one service, render."""

from functools import partial
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.schedules.permissions import MayUseSchedules
from jobs.api.schedules.queries import ScheduleQuery
from jobs.api.schedules.refusals import ScheduleRefusalMixin
from jobs.api.schedules.representations import (
    schedule_etag,
    schedule_record_etag,
    schedule_representation,
)
from jobs.api.schedules.submission import schedule_changes, schedule_submission
from jobs.api.shared.client import client_of
from jobs.api.shared.etags import answer_unless_known, precondition
from jobs.api.shared.links import job_path
from jobs.api.shared.page_response import paged_response
from jobs.api.shared.parser import StorableJSONParser
from jobs.api.shared.reason import reason_in
from jobs.api.shared.scopes import JOBS_READ, SCHEDULES_WRITE
from jobs.api.shared.strict_call import refuse_body
from jobs.core.actor import Actor, actor_of
from jobs.models import Schedule
from jobs.services.schedules import (
    schedule_change,
    schedule_create,
    schedule_delete,
    schedule_pause,
    schedule_resume,
    schedule_run,
)
from jobs.sql.statements import database_now


class ScheduleViewSet(ScheduleRefusalMixin, ViewSet):
    """Shows, makes, changes and runs schedules; each takes a permission."""

    parser_classes = (StorableJSONParser,)
    permission_classes = (IsAuthenticated, MayUseSchedules)
    required_scopes = {
        "list": JOBS_READ,
        "retrieve": JOBS_READ,
        "create": SCHEDULES_WRITE,
        "partial_update": SCHEDULES_WRITE,
        "destroy": SCHEDULES_WRITE,
        "pause": SCHEDULES_WRITE,
        "resume": SCHEDULES_WRITE,
        "run": SCHEDULES_WRITE,
    }

    def list(self, request: Request) -> Response:
        """A page of schedules, newest first."""
        represent = partial(schedule_representation, now=database_now())
        return paged_response(request, ScheduleQuery, _schedules(), represent)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One schedule; 304 for a client that has it as it is."""
        body = schedule_representation(self._schedule(pk), database_now())
        return answer_unless_known(request, body, schedule_etag(body))

    def create(self, request: Request) -> Response:
        """201 once the schedule is there; it fires from then on."""
        spec, paused = schedule_submission(request.data)
        client = client_of(request)
        schedule = schedule_create(
            spec=spec, paused=paused, actor=actor_of(client), created_by_id=client.pk
        )
        return _answer(schedule.id, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """200 with the schedule as it is then; 412 for an outdated If-Match."""
        schedule_id = self._id(pk)
        changes = schedule_changes(request.data)
        schedule_change(
            schedule_id=schedule_id,
            changes=changes,
            actor=self._actor(request),
            check=precondition(request, schedule_record_etag),
        )
        return _answer(schedule_id)

    def destroy(self, request: Request, pk: str) -> Response:
        """204; jobs that it has made stay. 412 for an outdated If-Match."""
        refuse_body(request)
        schedule_delete(
            schedule_id=self._id(pk),
            actor=self._actor(request),
            check=precondition(request, schedule_record_etag),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def pause(self, request: Request, pk: str) -> Response:
        """200 once it fires no more; also if it was paused already."""
        schedule_id, reason = self._id(pk), reason_in(request.data)
        schedule_pause(schedule_id=schedule_id, actor=self._actor(request), reason=reason)
        return _answer(schedule_id)

    def resume(self, request: Request, pk: str) -> Response:
        """200 once it fires again; also if it was not paused."""
        schedule_id, reason = self._id(pk), reason_in(request.data)
        schedule_resume(schedule_id=schedule_id, actor=self._actor(request), reason=reason)
        return _answer(schedule_id)

    def run(self, request: Request, pk: str) -> Response:
        """202 with the job that was made now; its fire times stay as they are."""
        schedule_id, reason = self._id(pk), reason_in(request.data)
        job = schedule_run(schedule_id=schedule_id, actor=self._actor(request), reason=reason)
        body = {"id": str(job.pk), "state": job.state, "links": {"self": job_path(job.pk)}}
        return Response(
            body, status=status.HTTP_202_ACCEPTED, headers={"Location": job_path(job.pk)}
        )

    def _id(self, pk: str) -> UUID:
        """The id of a schedule that is there; 404 for anything else."""
        return self._schedule(pk).id

    def _schedule(self, pk: str) -> Schedule:
        schedule: Schedule = get_object_or_404(_schedules(), pk=pk)
        return schedule

    def _actor(self, request: Request) -> Actor:
        return actor_of(client_of(request))


def _schedules() -> QuerySet[Schedule]:
    return Schedule.objects.select_related("created_by")


def _answer(schedule_id: UUID, code: int = status.HTTP_200_OK) -> Response:
    schedule = get_object_or_404(_schedules(), pk=schedule_id)
    body = schedule_representation(schedule, database_now())
    headers = {"ETag": schedule_etag(body).text}
    if code == status.HTTP_201_CREATED:
        headers["Location"] = body["links"]["self"]
    return Response(body, status=code, headers=headers)
