"""What callers may say about queues."""

from typing import Any

from jobs.api.shared.fields import TextField
from jobs.api.shared.strict_serializer import StrictSerializer

# Characters. The reason is shown with every job that waits for the queue.
REASON_MAX = 500


class QueueQuery(StrictSerializer):
    """The query string of `GET /queues`, which has no parameters."""


class DecisionBody(StrictSerializer):
    """The body of a pause or of its end; it may be missing."""

    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True)


_decision = DecisionBody()


def decision_reason(body: Any) -> str:
    """The reason in the body; empty if it has none. Raises DRF's `ValidationError`."""
    return _decision.validated(body).get("reason") or ""
