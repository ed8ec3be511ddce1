"""What a call with the header `Idempotency-Key` was answered."""

from typing import NamedTuple, Self

from django.db import models
from django.db.models.functions import Now

from jobs.core.clock import HOUR_SECONDS
from jobs.models.moments import seconds_ago


class AnswerKey(NamedTuple):
    """The parts of a key: the client's primary key as text, the call, and what the header says."""

    client: str
    call: str
    header: str


class StoredAnswerQuerySet(models.QuerySet["StoredAnswer"]):
    """Stored answers."""

    def younger_than(self, hours: float) -> Self:
        return self.filter(created_at__gt=seconds_ago(hours * HOUR_SECONDS))


class StoredAnswer(models.Model):
    """The answer of a call, written in the transaction of what the call did.

    `key`: the client's primary key, the name of the route, and what the header says, with colons
    between them. `fingerprint`: a digest of the call. There is no foreign key to the client: rows
    live for `JOBS_ANSWER_RETENTION_HOURS`, and must not hold up the end of an account.
    """

    key = models.TextField(primary_key=True, db_collation="C")
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    objects = StoredAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        indexes = [
            # For pruning, which asks once a minute for the oldest.
            models.Index(fields=["created_at"], name="stored_answer_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.parts.call}, {self.parts.header}"

    @property
    def parts(self) -> AnswerKey:
        """What the key is made of; the call as `POST add-job`."""
        client, call, header = (*self.key.split(":", 2), "", "")[:3]
        return AnswerKey(client, call.replace(".", " ", 1), header)
