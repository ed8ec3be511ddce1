"""The states of a job, and the words that go with them. `docs/states.md` lists the moves."""

from django.db import models


class JobState(models.TextChoices):
    """Where a job is. "Scheduled" and "retrying" are `queued` rows whose `run_at` lies ahead."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


FINAL_STATES = frozenset(
    {
        JobState.SUCCEEDED,
        JobState.DEAD,
        JobState.SKIPPED,
        JobState.CANCELLED,
        JobState.EXPIRED,
    }
)


RARE_ENDS = FINAL_STATES - {JobState.SUCCEEDED}
"""How few jobs end. They have an index of their own, in which nothing else is written."""


class BatchState(models.TextChoices):
    """Where a batch is, by its jobs and by whether more may come."""

    OPEN = "open"
    RUNNING = "running"
    COMPLETED = "completed"


class ChainState(models.TextChoices):
    """Where a chain is. One that has stopped goes on when its dead letter is replayed."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"


class DeathReason(models.TextChoices):
    """Why a job is dead; each has a dead letter that says so."""

    EXHAUSTED = "exhausted", "retries exhausted"
    PERMANENT = "permanent", "permanent error"
    INTERRUPTED = "interrupted", "outcome unknown"
    CRASH_LOOP = "crash_loop", "took down too many workers"


class Resolution(models.TextChoices):
    """What became of a dead letter; an empty text while it waits for a person."""

    REPLAYED = "replayed"
    DISCARDED = "discarded"
    SETTLED = "settled", "settled by a late success"


class RedriveState(models.TextChoices):
    """Where a redrive is. One that was stopped can be resumed, as a paused one can."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped", "stopped: too many failed again"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Effect(models.TextChoices):
    """What it means that an attempt was cut off; each job type declares it, without a default.

    `docs/guarantees.md`, promise I7, says what follows from each.
    """

    TRANSACTIONAL = "transactional", "its database work commits with the outcome: exactly once"
    IDEMPOTENT = "idempotent", "safe to repeat"
    ONCE = "once", "never repeated by the machine"
