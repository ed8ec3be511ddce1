-- Accepts one job that has an idempotency key; returns no row if that is taken. As
-- insert_keyed_jobs.sql, which says what the look-up is for, but planned sooner.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, dispatched_at
)
VALUES (
    %(id)s, %(type)s, %(queue)s, %(priority)s, %(payload)s::jsonb, %(idempotency_key)s,
    coalesce(
        (
            SELECT held.key FROM jobs_processedkey AS held
            WHERE held.key = %(former_effect_key)s
                AND held.processed_at IS NOT NULL
                AND NOT EXISTS (SELECT FROM jobs_job WHERE id = held.job_id)
        ),
        %(effect_key)s
    ),
    %(submitted_by_id)s, 'queued', 0, 0, 0, %(max_retries)s, '[]',
    statement_timestamp(),
    coalesce(%(run_at)s, statement_timestamp() + %(delay)s * interval '1 second'),
    greatest(%(run_at)s, statement_timestamp() + %(delay)s * interval '1 second')
)
ON CONFLICT (submitted_by_id, type, idempotency_key) WHERE idempotency_key IS NOT NULL
DO NOTHING
RETURNING
    effect_key,
    extract(epoch FROM created_at)::float8 AS created_at,
    extract(epoch FROM run_at)::float8 AS run_at
