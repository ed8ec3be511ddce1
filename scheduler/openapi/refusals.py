"""The problems of a call: statuses, codes, headers."""

from scheduler.http.problems import CONTENT_TYPE as PROBLEM_TYPE
from scheduler.http.problems import ProblemBody
from scheduler.openapi.answers import Answers, Schema
from scheduler.openapi.phrases import phrase_of

HEADER = "#/components/headers/"
OF_EVERY_ANSWER = ("X-Request-ID", "traceparent")

# Where a response lists the codes that its problems may have.
CODES = "x-codes"

# Codes that any call has with a status that it answers with.
_CODES: dict[int, tuple[str, ...]] = {
    400: ("invalid", "parse_error", "bad_request", "unstorable_text"),
    401: (
        *("not_authenticated", "token_not_valid", "bad_authorization_header"),
        *("user_not_found", "user_inactive"),
    ),
    403: ("permission_denied", "insufficient_scope", "https_required"),
    404: ("not_found",),
    406: ("not_acceptable",),
    408: ("headers_too_slow", "body_too_slow"),
    411: ("length_required",),
    412: ("precondition_failed",),
    413: ("body_too_large",),
    414: ("uri_too_long",),
    415: ("unsupported_media_type", "unsupported_content_encoding", "unsupported_charset"),
    428: ("precondition_required",),
    429: ("throttled", "quota_exceeded"),
    431: ("headers_too_large",),
    500: ("internal_error",),
    501: ("unsupported_transfer_coding",),
    503: ("database_unavailable", "busy", "too_many_connections", "issuer_unavailable"),
}
# The form of a request is looked at before its call is known: a GET may say that it is in chunks.
_OF_EVERY_CALL = (400, 406, 408, 411, 414, 415, 429, 431, 500, 501, 503)
_OF_BODIES = (413,)
_OF_KEYED_CALLS: dict[int, tuple[str, ...]] = {
    400: ("idempotency_key_header_invalid",),
    409: ("call_in_progress",),
    422: ("idempotency_key_header_reused",),
}
_WAITS = (409, 429, 503)
# A header field that the problems of a status have, or may have: by its name among the components.
_OF_STATUS = {
    400: "Idempotency-Replayed",
    401: "WWW-Authenticate",
    403: "WWW-Authenticate-of-403",
    404: "Idempotency-Replayed",
    409: "Idempotency-Replayed",
    413: "Idempotency-Replayed",
    415: "Accept-Encoding",
    422: "Idempotency-Replayed",
}


def refusal_codes(
    refused: tuple[int, ...], own: dict[int, tuple[str, ...]], *, has_body: bool, is_keyed: bool
) -> dict[int, tuple[str, ...]]:
    """The codes of a call by status."""
    keyed = _OF_KEYED_CALLS if is_keyed else {}
    statuses = {*refused, *own, *_OF_EVERY_CALL, *(_OF_BODIES if has_body else ()), *keyed}
    return {
        status: tuple(
            dict.fromkeys((*own.get(status, ()), *_CODES.get(status, ()), *keyed.get(status, ())))
        )
        for status in sorted(statuses)
    }


def problem_response(answers: Answers, status: int, codes: tuple[str, ...]) -> Schema:
    """The response of a status; a reference where it has the codes of every call."""
    response = _response(answers, status, codes)
    if codes != _CODES.get(status):
        return response
    name = phrase_of(status).title().replace(" ", "").replace("-", "")
    answers.responses[name] = response
    return {"$ref": f"#/components/responses/{name}"}


def problem_ref(answers: Answers) -> Schema:
    """A reference to the schema of every refusal and failure (RFC 9457)."""
    answers.of(ProblemBody)
    return {"$ref": "#/components/schemas/Problem"}


def _response(answers: Answers, status: int, codes: tuple[str, ...]) -> Schema:
    """The codes stand beside the schema: one for each status would be hundreds in a client."""
    headers = {name: {"$ref": HEADER + name} for name in OF_EVERY_ANSWER}
    if status in _WAITS:
        headers["Retry-After"] = {"$ref": f"{HEADER}Retry-After"}
    if status in _OF_STATUS:
        name = _OF_STATUS[status]
        headers[name.partition("-of-")[0]] = {"$ref": f"{HEADER}{name}"}
    return {
        "description": f"{phrase_of(status)}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": headers,
        "content": {PROBLEM_TYPE: {"schema": problem_ref(answers)}},
        CODES: list(codes),
    }
