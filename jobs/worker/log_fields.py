"""What log lines about one attempt carry for machines."""

from jobs.core.claim import ClaimedJob


def attempt_fields(event: str, claim: ClaimedJob, **fields: object) -> dict[str, object]:
    """The `extra` of a log call: `fields`, the stable name of the event, and the attempt.

    `job_id` may be among the fields, where the caller has it as text.
    """
    # One dictionary and no second one: a line is logged for each job that starts.
    fields["event"] = event
    if "job_id" not in fields:
        fields["job_id"] = str(claim.id)
    fields["job_type"] = claim.type
    fields["attempt"] = claim.attempt
    return fields
