"""The calls about job types: what this deployment can be asked to do."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from jobs.api.job_types.queries import JobTypeQuery
from jobs.api.job_types.refusals import JobTypeRefusalMixin
from jobs.api.job_types.representations import job_type_representation
from jobs.api.shared.scopes import JOBS_READ
from jobs.api.shared.strict_call import query_of
from jobs.handlers.registry import job_types


class JobTypeViewSet(JobTypeRefusalMixin, ViewSet):
    """Shows the job types that this process knows."""

    required_scopes = {"list": JOBS_READ, "retrieve": JOBS_READ}

    def list(self, request: Request) -> Response:
        """All of them, by name."""
        query = JobTypeQuery(data=query_of(request))
        query.is_valid(raise_exception=True)
        known = [job_types.get(name) for name in job_types.names()]
        return Response({"results": [job_type_representation(one) for one in known]})

    def retrieve(self, request: Request, name: str) -> Response:
        """One of them; a 404 names those that come close."""
        return Response(job_type_representation(job_types.get(name)))
