"""Schemas of bodies and answers that no serializer and no TypedDict describes."""

from typing import Any

from accounts.scopes import SCOPES_PATTERN

Schema = dict[str, Any]

ANYTHING: Schema = {"type": "object"}
TEXT: Schema = {"type": "string"}
EVENT_STREAM = "text/event-stream"
EVENTS: Schema = {
    **TEXT,
    "description": "Events `state`, `progress`, `attempt` and `final`; the data of each is JSON.",
}
BATCH_EVENTS: Schema = {
    **TEXT,
    "description": "Events `progress` and `final`; the data of each is JSON.",
}
# Each has a title, under which it is among the schemas of the document.
TOKEN_FORM: Schema = {
    "title": "TokenRequest",
    "type": "object",
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_id": TEXT,
        "client_secret": TEXT,
        "scope": {
            **TEXT,
            "description": "Scopes with spaces between them; all if left out.",
            "pattern": SCOPES_PATTERN,
        },
    },
    "required": ["grant_type"],
}
TOKEN_REFUSED: Schema = {  # RFC 6749, 5.2
    "title": "TokenRefusal",
    "type": "object",
    "properties": {"error": TEXT, "error_description": TEXT},
    "required": ["error", "error_description"],
}
ACCEPTED_RUN: Schema = {
    "title": "AcceptedRun",
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"$ref": "#/components/schemas/JobState"},
        "links": {"type": "object", "properties": {"self": TEXT}, "required": ["self"]},
    },
    "required": ["id", "state", "links"],
}
