-- Dead letters of the demonstration (jobs/services/demo), a line each, in the order of `LetterRow`.
COPY jobs_deadletter (
    id, job_id, type, queue, payload, submitted_by_id, reason, error, fingerprint, attempts, attempt,
    created_at, resolution, resolved_at, resolved_by_id, resolved_by_name
)
FROM STDIN
