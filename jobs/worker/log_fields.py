"""What log lines about one attempt carry for machines."""

from jobs.core.claim import ClaimedJob
from jobs.core.correlation import trace_id_of


def attempt_fields(event: str, claim: ClaimedJob, **fields: object) -> dict[str, object]:
    """The `extra` of a log call: `fields`, the stable name of the event, and the attempt."""
    # One dictionary and no second one: a line is logged for each job that starts.
    fields["event"] = event
    fields["job_id"] = claim.id_text
    fields["job_type"] = claim.type
    fields["attempt"] = claim.attempt
    if claim.request_id is not None:
        fields["request_id"] = claim.request_id
        fields["trace_id"] = trace_id_of(claim.request_id, claim.traceparent or "")
    return fields
