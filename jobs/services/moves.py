"""What is to be written about attempts that have ended, by the rules and the settings."""

from collections.abc import Sequence

from jobs.core.claim import ClaimedJob
from jobs.core.conf import jobs_conf
from jobs.core.finished import Finished
from jobs.core.outcome import Outcome, Succeeded
from jobs.core.retry import SUCCEED, Move, RetryPolicy, decide
from jobs.core.states import Effect
from jobs.handlers.registry import job_types


def moves_of(ended: Sequence[Finished]) -> list[Move]:
    """The move that follows from each outcome, in their order.

    Settings are read once a batch: this is the hottest loop of the recorder.
    """
    default_policy, crash_limit = default_retry_policy(), jobs_conf().crash_limit
    return [_move(one.claim, one.outcome, default_policy, crash_limit) for one in ended]


def default_retry_policy() -> RetryPolicy:
    """The policy of the settings `JOBS_RETRY_*`, for types that have none of their own."""
    conf = jobs_conf()
    return RetryPolicy(
        base_seconds=conf.retry_base_seconds,
        factor=conf.retry_factor,
        cap_seconds=conf.retry_cap_seconds,
        jitter=conf.retry_jitter,
    )


def _move(
    claim: ClaimedJob, outcome: Outcome, default_policy: RetryPolicy, crash_limit: int
) -> Move:
    if isinstance(outcome, Succeeded) and not outcome.recorded:
        return SUCCEED  # as `decide` does; nearly always, so the type need not be looked up
    job_type = job_types.find(claim.type)
    return decide(
        outcome,
        claim.budget,
        effect=job_type.effect if job_type else Effect.ONCE,  # of an unknown type: never repeat
        policy=(job_type and job_type.retry) or default_policy,
        crash_limit=crash_limit,
    )
