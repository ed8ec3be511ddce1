"""What people have done: an append-only table, so that it can be asked who did what, and why."""

from typing import Self

from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from jobs.core.actor import ACTOR_NAME_MAX
from jobs.core.ids import uuid7
from jobs.core.limit import LIMIT_NAME_MAX


class EventQuerySet(models.QuerySet["Event"]):
    """Events."""

    def about(self, subject_type: str, subject_id: object) -> Self:
        """What was done with one subject, newest first."""
        return self.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by("-id")


class Event(models.Model):
    """One thing that an actor did. A trigger of the database refuses UPDATE and DELETE.

    `actor_id`, `actor_name`: the account as it was then, empty for code; no foreign key, because
    the event stays when the account is gone. `action`: `<noun>.<past participle>`, as in the log.
    `before`, `after`: what was changed, without the values of sensitive fields.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now())
    actor_id = models.CharField(max_length=64, blank=True, default="")
    actor_name = models.CharField(max_length=ACTOR_NAME_MAX, blank=True, default="")
    action = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=50)
    subject_id = models.CharField(max_length=LIMIT_NAME_MAX)  # the longest there is
    reason = models.TextField(blank=True, default="")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=128, blank=True, default="")
    trace_id = models.CharField(max_length=32, blank=True, default="", db_default="")

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("export_event", "Can export lists of events")]
        indexes = [
            models.Index(
                F("subject_type"), F("subject_id"), F("id").desc(), name="event_by_subject_newest"
            ),
            models.Index(F("actor_name"), F("id").desc(), name="event_by_actor_newest"),
            models.Index(F("action"), F("id").desc(), name="event_by_action_newest"),
        ]

    def __str__(self) -> str:
        return f"{action_in_words(self.action)} {self.subject_id}"

    @property
    def done(self) -> str:
        """What was done with the subject, in words."""
        return self.action.partition(".")[2].replace("_", " ")


def action_in_words(action: str) -> str:
    """An action with its noun, as people read it."""
    return action.replace(".", " ").replace("_", " ")
