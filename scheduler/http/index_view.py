"""What `/` answers: where everything is."""

from typing import TypedDict

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

ENDPOINTS = {
    "signup": "POST /signup",
    "login": "POST /login",
    "refresh_token": "POST /refreshToken",
    "logout": "POST /logout",
    "logout_everywhere": "POST /logoutEverywhere",
    "add_job": "POST /addJob",
    "add_jobs": "POST /addJobs",
    "jobs": "GET /jobs",
    "job": "GET /jobs/<id>",
    "edit": "PATCH /jobs/<id>",
    "cancel": "POST /jobs/<id>/cancel",
    "failed_jobs": "GET /failedJobs",
    "failed_job": "GET /failedJobs/<id>",
    "replay": "POST /failedJobs/<id>/replay",
    "queues": "GET /queues",
    "queue": "GET /queues/<name>",
    "pause": "POST /queues/<name>/pause",
    "resume": "POST /queues/<name>/resume",
    "schedules": "GET /schedules",
    "add_schedule": "POST /schedules",
    "schedule": "GET /schedules/<id>",
    "pause_schedule": "POST /schedules/<id>/pause",
    "resume_schedule": "POST /schedules/<id>/resume",
    "run_schedule": "POST /schedules/<id>/run",
    "health": "GET /health",
    "live": "GET /health/live",
    "ready": "GET /health/ready",
    "admin": "GET /admin/",
}


class Index(TypedDict):
    """The name of the service and its calls."""

    name: str
    endpoints: dict[str, str]


class IndexView(APIView):
    """Names the calls to a person who opens the bare address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        """The index."""
        body: Index = {"name": "job scheduler", "endpoints": ENDPOINTS}
        return Response(body)
