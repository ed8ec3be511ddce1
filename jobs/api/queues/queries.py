"""What callers may say about queues."""

from jobs.api.shared.strict_serializer import StrictSerializer


class QueueQuery(StrictSerializer):
    """The query string of `GET /queues`, which has no parameters."""
