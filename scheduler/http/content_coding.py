"""Bodies come as they are: neither compressed nor in another character set."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from scheduler.http.problems import Problem, problem_response

_JSON = ("application/json", "application/x-ndjson")
_ENCODINGS = frozenset({"", "identity"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})

# RFC 9110, 15.5.16: what would have been accepted.
UNSUPPORTED_ENCODING = Problem(
    415,
    "unsupported_content_encoding",
    "Send the body as it is, without Content-Encoding.",
    headers={"Accept-Encoding": "identity"},
)
UNSUPPORTED_CHARSET = Problem(
    415, "unsupported_charset", "Send JSON in UTF-8, without another charset in Content-Type."
)


class ContentCodingMiddleware:
    """Refuses what would otherwise be read as if it were plain UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if refusal := _refusal(request):
            return problem_response(request, refusal)
        return self.get_response(request)


def _refusal(request: HttpRequest) -> Problem | None:
    if request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in _ENCODINGS:
        return UNSUPPORTED_ENCODING
    charset = (request.content_params or {}).get("charset", "")
    if request.content_type in _JSON and charset.lower() not in _CHARSETS:
        return UNSUPPORTED_CHARSET
    return None
