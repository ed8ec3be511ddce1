"""The product's paths, and two views beside them: the raw limits of a request."""

import os
from importlib import import_module

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tools.benchmark.bare_view import BareView
from tools.benchmark.settings import BENCHMARK_URLCONF


class EmptyView(APIView):
    """Authenticates the caller, as every call does, reads the body, and says who answers."""

    def post(self, request: Request) -> Response:
        return Response({"process": os.getpid(), "read": bool(request.data)})


urlpatterns = [
    path("benchmark/empty", EmptyView.as_view()),
    path("benchmark/bare", BareView.as_view()),
    path("", include(BENCHMARK_URLCONF)),
]

_product = import_module(BENCHMARK_URLCONF)
globals().update(
    {name: value for name, value in vars(_product).items() if name.startswith("handler")}
)
