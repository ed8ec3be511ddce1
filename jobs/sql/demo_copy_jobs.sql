-- Jobs of the demonstration (jobs/services/demo), a line each, in the order of `JobRow`.
COPY jobs_job (
    id, type, queue, payload, effect_key, submitted_by_id, state, created_at, run_at, dispatched_at,
    priority, max_retries, attempt, failures, crashes, errors, worker_id, claimed_at, started_at,
    finished_at, idempotency_key, done_by_id, schedule_id, batch_id, expires_at,
    cancel_requested_at, cancelled_by, limits, held_by, request_id
)
FROM STDIN
