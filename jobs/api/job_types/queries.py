"""What callers may say about job types."""

from jobs.api.shared.strict_serializer import StrictSerializer


class JobTypeQuery(StrictSerializer):
    """The query string of `GET /jobTypes`, which has no parameters."""
