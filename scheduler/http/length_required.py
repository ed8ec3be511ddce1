"""Bodies must come with their length."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from scheduler.http.problems import Problem, problem_response

LENGTH_REQUIRED = Problem(
    411, "length_required", "Send the body with a Content-Length, not in chunks."
)


class LengthRequiredMiddleware:
    """Refuses chunked bodies: Django reads Content-Length bytes, so that it would find none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return problem_response(request, LENGTH_REQUIRED)
        return self.get_response(request)
