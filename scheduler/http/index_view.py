"""What `/` answers: where everything is."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

ENDPOINTS = {
    "signup": "POST /signup",
    "login": "POST /login",
    "refresh_token": "POST /refreshToken",
    "logout": "POST /logout",
    "add_job": "POST /addJob",
    "jobs": "GET /jobs",
    "job": "GET /jobs/<id>",
    "failed_jobs": "GET /failedJobs",
    "failed_job": "GET /failedJobs/<id>",
    "replay": "POST /failedJobs/<id>/replay",
    "health": "GET /health",
    "live": "GET /health/live",
    "ready": "GET /health/ready",
    "admin": "GET /admin/",
}


class IndexView(APIView):
    """Names the endpoints, for whoever opens the bare address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response({"name": "job scheduler", "endpoints": ENDPOINTS})
