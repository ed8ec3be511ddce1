"""The id of the request that this thread answers: for log lines, and for events."""

from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""Empty outside of requests; the project around this app sets it."""
