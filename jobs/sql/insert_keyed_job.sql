-- Accepts one job that has an idempotency key; returns no row if that is taken. As
-- insert_keyed_jobs.sql, which says what the look-ups are for. This plan is kept, so they are in a
-- function, which PostgreSQL plans with scans of whole tables forbidden. Measured in two runs, with
-- the whole of `job_enqueue`: 0.41 ms, and 0.44 when they were sub-selects here.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, dispatched_at,
    expires_at, request_id, traceparent
)
SELECT
    %(id)s::uuid, %(type)s, %(queue)s, %(priority)s::smallint, %(payload)s::jsonb,
    %(idempotency_key)s,
    CASE WHEN jobs_key_without_job(%(former_effect_key)s::text) IS NOT NULL
        THEN %(former_effect_key)s::text ELSE %(effect_key)s::text END,
    %(submitted_by_id)s::user_id, 'queued', 0, 0, 0, %(max_retries)s::smallint, '[]',
    statement_timestamp(),
    coalesce(
        %(run_at)s::timestamptz, statement_timestamp() + %(delay)s::float8 * interval '1 second'
    ),
    greatest(
        %(run_at)s::timestamptz, statement_timestamp() + %(delay)s::float8 * interval '1 second'
    ),
    coalesce(
        %(expires_at)s::timestamptz,
        statement_timestamp() + %(expires_in)s::float8 * interval '1 second'
    ),
    %(request_id)s::text, %(traceparent)s::text
WHERE %(former_effect_key)s::text IS NULL OR jobs_key_without_job(%(effect_key)s::text) IS NULL
ON CONFLICT (submitted_by_id, type, idempotency_key) WHERE idempotency_key IS NOT NULL
DO NOTHING
RETURNING
    effect_key,
    extract(epoch FROM created_at)::float8 AS created_at,
    extract(epoch FROM run_at)::float8 AS run_at
