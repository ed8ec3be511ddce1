"""Bodies of `POST /addJob` written by hand, for what no JSON library would write."""

from typing import Any

from rest_framework.test import APIClient


def note(text_json: str, beside: str = "") -> str:
    """The raw body of a note whose text is this piece of JSON."""
    return f'{{"type": "tests.note", "payload": {{"text": {text_json}}}{beside}}}'


def send(api: APIClient, raw: Any, content_type: str = "application/json") -> Any:
    """The response to this body."""
    return api.post("/addJob", raw, content_type=content_type)
