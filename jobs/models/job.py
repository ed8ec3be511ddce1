"""An accepted job: its columns, constraints and indexes. Only `jobs/services` changes rows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.core.conf import PRIORITY_DEFAULT, PRIORITY_MAX, PRIORITY_MIN
from jobs.core.ids import uuid7
from jobs.core.limit import UNTIL_DUE
from jobs.core.states import FINAL_STATES, RARE_ENDS, JobState
from jobs.models.batch import Batch
from jobs.models.brin_index import MANY_VALUES, bloom_index
from jobs.models.detach_client import detach_client
from jobs.models.job_manager import JobManager
from jobs.models.schedule import Schedule
from jobs.models.worker import Worker


class Job(models.Model):
    """One accepted job. `attempt` is the fencing token: it only ever grows.

    `failures` and `crashes` count within the present retry budget; a replay sets them to 0.
    `dispatched_at` is the moment from which the id should lie in its Redis list.
    `limits` are the names of the limits that the job is under, None for most jobs; `held_by` is the
    one that it waits for, or `UNTIL_DUE`: it is not dispatched meanwhile. `rank`: its place in a
    fair queue. `errors`: `RecordedError`s. `replay_of`: what it was replayed from last.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=100)
    queue = models.CharField(max_length=63)
    priority = models.PositiveSmallIntegerField(default=PRIORITY_DEFAULT)
    payload = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - indexed
    # A text without a length, like others below: PostgreSQL takes rows that it has not analyzed for
    # as wide as they may be, and would plan for far fewer of them than there are.
    effect_key = models.TextField()  # empty once a job that is its own key has succeeded
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=detach_client,
        related_name="+",
        db_index=False,
    )
    client_left_at = models.DateTimeField(null=True, blank=True)  # its account was deleted then

    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    max_retries = models.PositiveSmallIntegerField()
    errors = models.JSONField(default=list, blank=True)
    worker = models.ForeignKey(
        Worker,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="jobs",
        db_constraint=False,
        db_index=False,
    )
    done_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The job that had already done the effect of this one.",
    )
    schedule = models.ForeignKey(
        Schedule,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="jobs",
        db_constraint=False,
        db_index=False,
        help_text="The schedule that has made it; stays when that is deleted.",
    )
    batch = models.ForeignKey(
        Batch,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="jobs",
        db_constraint=False,
        db_index=False,
        help_text="The batch that counts it.",
    )
    replay_of = models.UUIDField(null=True, blank=True)
    # A URL that is called when the job is final, each time that it is.
    callback_url = models.TextField(null=True, blank=True)  # noqa: DJ001
    # What is told of the jobs before it: `batch`, `previous_result`, `chain`, `callback_of`.
    given = models.JSONField(null=True, blank=True)
    # The jobs of its chain that follow it, checked and ready to be inserted.
    next_jobs = models.JSONField(null=True, blank=True)

    created_at = models.DateTimeField(db_default=Now())
    run_at = models.DateTimeField(db_default=Now())
    dispatched_at = models.DateTimeField(db_default=Now())
    # If no attempt has begun by then, it never runs.
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    # The name, not the user: it stays when the account is gone.
    cancelled_by = models.TextField(blank=True, default="", db_default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    limits = models.JSONField(null=True, blank=True)
    # NULL leaves a row out of the indexes.
    held_by = models.TextField(null=True, blank=True, db_collation="C")  # noqa: DJ001
    rank = models.BigIntegerField(default=0, db_default=0)
    fairness_key = models.TextField(null=True, blank=True)  # noqa: DJ001

    # Of the request that submitted it; NULL for code. A traceparent that no caller has sent is made
    # of the request's id, and not stored.
    request_id = models.TextField(null=True, blank=True)  # noqa: DJ001
    traceparent = models.TextField(null=True, blank=True)  # noqa: DJ001

    objects = JobManager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("cancel_job", "Can cancel jobs of other clients"),
            ("view_traceback", "Can view the tracebacks of failed attempts"),
            ("reveal_payload", "Can see the masked values of payloads"),
            ("export_job", "Can export lists of jobs"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_key", "type", "submitted_by"],
                condition=Q(idempotency_key__isnull=False),
                nulls_distinct=False,
                name="job_once_per_client_and_key",
            ),
            models.CheckConstraint(
                condition=Q(state__in=JobState.values), name="job_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__range=(PRIORITY_MIN, PRIORITY_MAX)),
                name="job_priority_in_range",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL_STATES, finished_at__isnull=False)
                | (~Q(state__in=FINAL_STATES) & Q(finished_at__isnull=True)),
                name="job_finished_at_iff_final",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.RUNNING)
                | Q(worker__isnull=False, claimed_at__isnull=False, attempt__gt=0),
                name="job_running_has_a_worker",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.SKIPPED) | Q(done_by__isnull=False),
                name="job_skipped_names_done_by",
            ),
        ]
        indexes = [
            # `redispatch_lost`, and `next_due` while Redis is away, read it in dispatch order.
            models.Index(
                fields=["queue", "priority", "dispatched_at"],
                condition=Q(state=JobState.QUEUED, held_by__isnull=True),
                name="job_dispatched_in_order",
            ),
            # Admission reads it from the front.
            models.Index(
                F("held_by"),
                F("priority").desc(),
                F("rank"),
                F("id"),
                condition=Q(state=JobState.QUEUED, held_by__isnull=False),
                name="job_held_in_order",
            ),
            models.Index(
                fields=["run_at"],
                condition=Q(state=JobState.QUEUED, held_by=UNTIL_DUE),
                name="job_held_until_due",
            ),
            # Those that can still expire. Retries have begun, and no longer can.
            models.Index(
                fields=["expires_at"],
                condition=Q(state=JobState.QUEUED, expires_at__isnull=False, errors=[]),
                name="job_queued_by_expiry",
            ),
            models.Index(
                fields=["worker"], condition=Q(state=JobState.RUNNING), name="job_running_by_worker"
            ),
            models.Index(
                F("submitted_by"),
                F("id").desc(),
                condition=Q(submitted_by__isnull=False),
                name="job_by_client_newest_first",
            ),
            # Lists by a rare value skip the pages without it; others follow the ids.
            bloom_index("job_pages_by_value", "type", "queue", "state"),
            # Lists of what did not succeed, in order; type and queue are looked at in the index.
            # What succeeds is never in it, so that a drain writes nothing there.
            models.Index(
                F("state"),
                F("id").desc(),
                F("type"),
                F("queue"),
                condition=Q(state__in=sorted(RARE_ENDS)),
                name="job_rare_ends_newest",
            ),
            # For the search of staff. Nearly every job has a request: an ordinary index would be
            # written with each. So would this one with each NULL, in ranges that hold nothing else.
            bloom_index("job_pages_with_request", "request_id", opclass=MANY_VALUES, null=False),
            models.Index(
                F("schedule"),
                F("id").desc(),
                condition=Q(schedule__isnull=False),
                name="job_by_schedule_newest_first",
            ),
            models.Index(
                F("batch"),
                F("id").desc(),
                condition=Q(batch__isnull=False),
                name="job_by_batch_newest_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
