"""The id of the request that this thread answers, for its log lines."""

from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""Empty outside of requests."""
