"""What to do about an idempotency key whose job will not run."""

from jobs.api.shared.links import failed_job_path
from jobs.core.states import JobState
from jobs.services.enqueue import Enqueued


def how_to_go_on(accepted: Enqueued) -> str | None:
    """A sentence about the job of an idempotency key that will not run; None if it may or did."""
    if not accepted.duplicate:
        return None
    if accepted.is_pruned:
        return "The job of this idempotency_key has succeeded and was deleted since."
    if accepted.state == JobState.CANCELLED:
        return (
            "The job of this idempotency_key was cancelled and will not run. "
            "Submit it with another idempotency_key to run it after all."
        )
    if accepted.state == JobState.EXPIRED:
        return (
            "The job of this idempotency_key was not started before its expires_at and will not "
            "run. Submit it with another idempotency_key to run it after all."
        )
    if accepted.state != JobState.DEAD:
        return None
    if accepted.waiting_letter_id:
        return (
            "The job of this idempotency_key is dead and will not run by itself. Replay it "
            f"(POST {failed_job_path(accepted.waiting_letter_id)}/replay, which takes the "
            "permission jobs.replay_deadletter), or submit it with another idempotency_key."
        )
    return (
        "The job of this idempotency_key is dead, and it was decided not to replay it. "
        "Submit it with another idempotency_key to run it after all."
    )
