"""What every error of the API looks like."""

from typing import Any

MEMBERS = {
    "type", "title", "status", "detail", "instance", "code", "request_id", "trace_id",
    "errors", "error_count",
}  # fmt: skip


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem in the response, after checking its form."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == MEMBERS
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response["X-Request-ID"]
    return body


def pointers(body: dict[str, Any]) -> set[str]:
    """Where the errors are."""
    return {error["pointer"] for error in body["errors"]}
