"""The ledger: what PostgreSQL knows about jobs. Rows change only through `jobs/services`."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.conf import PRIORITY_DEFAULT, PRIORITY_MAX, PRIORITY_MIN
from jobs.ids import uuid7
from jobs.managers import JobManager
from jobs.on_delete import forget_client
from jobs.querysets import DeadLetterQuerySet, ProcessedKeyQuerySet, WorkerQuerySet
from jobs.states import FINAL_STATES, DeathReason, JobState, Resolution


class Worker(models.Model):
    """One `runworker` process. Silent for JOBS_WORKER_TIMEOUT_SECONDS means dead."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    hostname = models.CharField(max_length=255)
    pid = models.IntegerField()
    queues = models.JSONField(default=list)
    concurrency = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=Q(stopped_at__isnull=True),
                name="worker_live_heartbeat",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def default_name(self) -> str:
        """What a worker is called that nobody named: the random end of its id."""
        return self.id.hex[-12:]


class Job(models.Model):
    """One accepted job. `attempt` is the fencing token: it only ever grows.

    `failures` and `crashes` count within the present retry budget; a replay sets them to 0.
    `rung_at` is the moment from which the id should lie in its Redis list.
    `errors` lists every failed attempt: attempt, worker, at, error, message, traceback.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=100)
    queue = models.CharField(max_length=63)
    priority = models.PositiveSmallIntegerField(default=PRIORITY_DEFAULT)
    payload = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - indexed
    effect_key = models.CharField(max_length=400)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=forget_client,
        related_name="+",
        db_index=False,
    )

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
    owner = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The job that had already done the effect of this one.",
    )

    created_at = models.DateTimeField(db_default=Now())
    run_at = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobManager()

    class Meta:
        ordering = ["-id"]
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
                condition=~Q(state=JobState.SKIPPED) | Q(owner__isnull=False),
                name="job_skipped_names_the_owner",
            ),
        ]
        indexes = [
            # The reconciler, and claiming while Redis is away, walk this one in ring order.
            models.Index(
                fields=["queue", "priority", "rung_at"],
                condition=Q(state=JobState.QUEUED),
                name="job_queued_in_ring_order",
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
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class ProcessedKey(models.Model):
    """Who owns an effect key (L2). The unique index decides; `processed_at` is set with success."""

    # By bytes: so its index finds the beginnings of keys, too, and no second one is needed.
    key = models.CharField(primary_key=True, max_length=400, db_collation="C")
    job = models.ForeignKey(
        Job,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Stays when the job itself is pruned.",
    )
    created_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = ProcessedKeyQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        indexes = [
            # Pruning finds old keys by it; rows arrive in this order, so it costs next to nothing.
            BrinIndex(fields=["created_at"], name="processed_key_by_age", autosummarize=True),
        ]

    def __str__(self) -> str:
        return self.key


class DeadLetter(models.Model):
    """A job that the machine gave up, complete, waiting for a person.

    `attempts` has the shape of `Job.errors`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dead_letters")
    type = models.CharField(max_length=100)
    queue = models.CharField(max_length=63)
    payload = models.JSONField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=20, choices=DeathReason)
    error = models.TextField(help_text="What the last attempt said, in one line.")
    attempts = models.JSONField(default=list)
    attempt = models.PositiveIntegerField(help_text="The attempt that ended in death.")
    created_at = models.DateTimeField(db_default=Now())
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("replay_deadletter", "Can replay dead letters"),
            ("discard_deadletter", "Can discard dead letters"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(resolution=""), name="one_waiting_dead_letter_per_job"
            ),
            models.CheckConstraint(
                condition=Q(resolution="", resolved_at__isnull=True)
                | (~Q(resolution="") & Q(resolved_at__isnull=False)),
                name="dead_letter_resolved_at_iff_resolved",
            ),
        ]
        indexes = [
            models.Index(
                F("id").desc(), condition=Q(resolution=""), name="dead_letter_waiting_newest"
            ),
            models.Index(F("submitted_by"), F("id").desc(), name="dead_letter_by_client_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.job_id}"
