"""`/docs/`: the API of this deployment in a browser, to read and to try. All files are its own."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView, TemplateView
from django.views.generic.base import View

from scheduler.http.problems import Problem, problem_response


# Nothing is changed here, and whoever posts is told that this is none of the methods.
@method_decorator(csrf_exempt, name="dispatch")
class PageView(View):
    """Base of pages that are only read."""

    http_method_names = ("get", "head", "options")

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **_: Any) -> HttpResponse:
        """405 as the API has it."""
        allow = ", ".join(name.upper() for name in self.http_method_names)
        detail = f'Method "{request.method}" not allowed.'
        return problem_response(
            request, Problem(405, "method_not_allowed", detail, headers={"Allow": allow})
        )


class SwaggerView(PageView, TemplateView):
    """Swagger UI, which also makes calls."""

    template_name = "docs/swagger.html"


class RedocView(PageView, TemplateView):
    """Redoc, for reading."""

    template_name = "docs/redoc.html"


class ToPageView(PageView, RedirectView):
    """Where a page is, for a path without its slash."""

    options = View.options  # not a redirect
