"""The problems of a call: statuses, codes, headers."""

from scheduler.openapi.answers import Answers, Schema
from scheduler.openapi.phrases import phrase_of

PROBLEM = "Problem"

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
    503: ("database_unavailable", "busy", "too_many_connections", "issuer_unavailable"),
}
_OF_EVERY_CALL = (406, 408, 414, 429, 431, 500, 503)
_OF_BODIES = (411, 413, 415)
_OF_KEYED_CALLS: dict[int, tuple[str, ...]] = {
    400: ("idempotency_key_header_invalid",),
    409: ("call_in_progress",),
    422: ("idempotency_key_header_reused",),
}
_WAITS = (409, 429, 503)


def problem_schema() -> Schema:
    """The schema of every refusal and failure (RFC 9457)."""
    text: Schema = {"type": "string"}
    error = {
        "type": "object",
        "properties": {"pointer": text, "code": text, "detail": text},
        "required": ["pointer", "code", "detail"],
    }
    properties: Schema = {
        "type": {"type": "string", "format": "uri-reference"},
        "title": text,
        "status": {"type": "integer"},
        "detail": {**text, "description": "For people."},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {**text, "description": "For programs."},
        "request_id": text,
        "errors": {"type": "array", "items": error},
        "error_count": {"type": "integer"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


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


def _response(answers: Answers, status: int, codes: tuple[str, ...]) -> Schema:
    problem = answers.ref(PROBLEM, problem_schema())
    narrowed = {"type": "object", "properties": {"code": {"type": "string", "enum": list(codes)}}}
    headers: Schema = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
    if status in _WAITS:
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    if status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WWW-Authenticate"}
    return {
        "description": phrase_of(status),
        "headers": headers,
        "content": {"application/problem+json": {"schema": {"allOf": [problem, narrowed]}}},
    }
