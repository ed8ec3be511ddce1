"""What follows for a queued job from the state of its effect key: pure decisions."""

import enum
from dataclasses import dataclass
from uuid import UUID

from jobs.core.log_fields import LoggedJob
from jobs.core.message import QueueMessage
from jobs.core.states import JobState

# A deferred job asks again after a tenth of the time that the owner of its key has already
# taken: the longer it has taken, the longer it is likely to take.
DEFER_SHARE = 0.1
DEFER_SECONDS = 1.0
DEFER_CAP_SECONDS = 15.0
# While the owner waits itself. Its end wakes the job; the cap is for an end that was missed.
DEFER_TO_DUE_CAP_SECONDS = 3_600.0
# A person takes longer to decide than a worker takes to finish.
DEFER_FOR_A_PERSON_SECONDS = 15.0
DEFER_FOR_A_PERSON_CAP_SECONDS = 300.0


class KeyDecision(enum.Enum):
    """What becomes of a queued job that could not simply be claimed."""

    CLAIM = "no other job owns the key: dispatch it again"
    WAIT = "its run_at lies ahead: dispatch it then"
    SKIP = "another job has done the effect"
    DEFER = "the owner of the key may still do the effect: ask again later"
    DEFER_FOR_A_PERSON = "only a person can say whether the owner did the effect: ask again later"
    TAKE_OVER = "the owner of the key is dead, cancelled or expired"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The job that owns an effect key. `state` is None once its row is pruned.

    `seconds_in_state` counts from its end, its claim, or the moment it became due, whichever
    came last. `awaits_a_person`: it has a waiting dead letter that says *outcome unknown*.
    """

    job_id: UUID
    state: str | None = None
    seconds_to_due: float = 0.0
    seconds_in_state: float = 0.0
    awaits_a_person: bool = False


@dataclass(frozen=True, slots=True)
class KeyConflict:
    """A queued job and the owner of its effect key, None if no job owns it.

    `processed`: the effect is done. `logged`: the job, for a line about it.
    """

    message: QueueMessage
    seconds_to_due: float
    logged: LoggedJob | None = None
    owner: KeyOwner | None = None
    processed: bool = False


def decide_key(conflict: KeyConflict) -> KeyDecision:
    """What becomes of the job (promise I4 in `docs/guarantees.md`)."""
    owner = conflict.owner
    if conflict.seconds_to_due > 0:
        return KeyDecision.WAIT
    if owner is None:
        return KeyDecision.CLAIM
    if conflict.processed:
        return KeyDecision.SKIP
    if owner.job_id == conflict.message.job_id:
        return KeyDecision.CLAIM
    if owner.state in (JobState.QUEUED, JobState.RUNNING):
        return KeyDecision.DEFER
    if owner.awaits_a_person:
        return KeyDecision.DEFER_FOR_A_PERSON
    return KeyDecision.TAKE_OVER


def deferral_seconds(owner: KeyOwner) -> float:
    """How long a job waits before it asks again what the owner of its key is doing."""
    seconds = owner.seconds_in_state * DEFER_SHARE
    if owner.awaits_a_person:
        return min(max(DEFER_FOR_A_PERSON_SECONDS, seconds), DEFER_FOR_A_PERSON_CAP_SECONDS)
    to_due = min(owner.seconds_to_due, DEFER_TO_DUE_CAP_SECONDS)
    return max(DEFER_SECONDS, min(seconds, DEFER_CAP_SECONDS), to_due)
