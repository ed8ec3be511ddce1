"""What `/` answers: where everything is."""

from typing import TypedDict

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from scheduler.http.routes import ROUTES

ENDPOINTS = {one.name: one.call for one in ROUTES} | {
    "docs": "GET /docs/",
    "redoc": "GET /docs/redoc/",
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
