-- Accepts jobs that have no idempotency key, one for each array position; insert_keyed_jobs.sql
-- accepts those that have one. Columns come as JSON arrays, which Python and PostgreSQL both handle
-- in C: a batch of 1,000 is three times as fast as with arrays that the driver assembles. `user_id`
-- stands for the type of the primary key of the project's users (statements.py).
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, submitted_by_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, dispatched_at,
    expires_at, request_id, traceparent
)
SELECT
    new.id::uuid, new.type, new.queue, new.priority::smallint, new.payload,
    new.effect_key, new.submitted_by_id::user_id, 'queued', 0, 0, 0,
    new.max_retries::smallint, '[]', statement_timestamp(), due.at,
    greatest(due.at, statement_timestamp()),
    coalesce(
        new.expires_at::timestamptz,
        statement_timestamp() + new.expires_in::float8 * interval '1 second'
    ),
    new.request_id, new.traceparent
FROM ROWS FROM (
    jsonb_array_elements_text(%(ids)s::jsonb),
    jsonb_array_elements_text(%(types)s::jsonb),
    jsonb_array_elements_text(%(queues)s::jsonb),
    jsonb_array_elements_text(%(priorities)s::jsonb),
    jsonb_array_elements(%(payloads)s::jsonb),
    jsonb_array_elements_text(%(effect_keys)s::jsonb),
    jsonb_array_elements_text(%(submitted_by_ids)s::jsonb),
    jsonb_array_elements_text(%(max_retries)s::jsonb),
    jsonb_array_elements_text(%(run_ats)s::jsonb),
    jsonb_array_elements_text(%(delays)s::jsonb),
    jsonb_array_elements_text(%(expires_ats)s::jsonb),
    jsonb_array_elements_text(%(expires_ins)s::jsonb),
    jsonb_array_elements_text(%(request_ids)s::jsonb),
    jsonb_array_elements_text(%(traceparents)s::jsonb)
) AS new (
    id, type, queue, priority, payload, effect_key, submitted_by_id,
    max_retries, run_at, delay, expires_at, expires_in, request_id, traceparent
)
CROSS JOIN LATERAL (
    SELECT coalesce(
        new.run_at::timestamptz,
        statement_timestamp() + new.delay::float8 * interval '1 second'
    ) AS at
) AS due
RETURNING
    id::text,
    extract(epoch FROM created_at)::float8 AS created_at,
    extract(epoch FROM run_at)::float8 AS run_at
