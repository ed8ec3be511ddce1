"""The version's own paths, and a view that says which process has answered."""

import os
from importlib import import_module

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from against_app.settings import AGAINST_URLCONF


class EmptyView(APIView):
    """Authenticates the caller, as every call does, and reads the body."""

    def post(self, request: Request) -> Response:
        return Response({"process": os.getpid(), "read": bool(request.data)})


urlpatterns = [
    path("benchmark/empty", EmptyView.as_view()),
    path("", include(AGAINST_URLCONF)),
]

_product = import_module(AGAINST_URLCONF)
globals().update(
    {name: value for name, value in vars(_product).items() if name.startswith("handler")}
)
