"""The states of a job and the moves between them. `docs/states.md` draws them."""

from django.db import models


class JobState(models.TextChoices):
    """Where a job is. "Scheduled" and "retrying" are `queued` rows whose `run_at` lies ahead."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.DEAD, JobState.SKIPPED, JobState.CANCELLED})

ALLOWED_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.SKIPPED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {JobState.SUCCEEDED, JobState.QUEUED, JobState.DEAD, JobState.CANCELLED}
    ),
    # A person replays; or a worker that was only frozen reports the success after all.
    JobState.DEAD: frozenset({JobState.QUEUED, JobState.SUCCEEDED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.SKIPPED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class DeathReason(models.TextChoices):
    """Why a job became a dead letter."""

    EXHAUSTED = "exhausted", "retries exhausted"
    PERMANENT = "permanent", "permanent error"
    INTERRUPTED = "interrupted", "outcome unknown"
    CRASH_LOOP = "crash_loop", "took down too many workers"


class Resolution(models.TextChoices):
    """What became of a dead letter; empty while it waits for a person."""

    REPLAYED = "replayed"
    DISCARDED = "discarded"
    SETTLED = "settled", "settled by a late success"


class Effect(models.TextChoices):
    """What a handler declares about being cut off (design invariant I7); there is no default."""

    TRANSACTIONAL = "transactional", "its database work commits with the outcome: exactly once"
    IDEMPOTENT = "idempotent", "safe to repeat"
    ONCE = "once", "never repeated by the machine"
