"""How long the texts of a job may be, in characters: as long as their columns."""

from jobs.models import Job


def _length(column: str) -> int:
    length = getattr(Job._meta.get_field(column), "max_length", None)
    assert isinstance(length, int), f"{column} has no limit"
    return length


TYPE_MAX = _length("type")
QUEUE_MAX = _length("queue")
IDEMPOTENCY_KEY_MAX = _length("idempotency_key")
