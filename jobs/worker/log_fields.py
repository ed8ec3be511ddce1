"""What log lines about one attempt carry for machines."""

from jobs.core.claim import ClaimedJob


def attempt_fields(event: str, claim: ClaimedJob, **more: object) -> dict[str, object]:
    """The `extra` of a log call: the stable name of the event, the attempt, and `more`."""
    return {
        "event": event,
        "job_id": str(claim.id),
        "job_type": claim.type,
        "attempt": claim.attempt,
        **more,
    }
