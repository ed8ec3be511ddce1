-- Accepts jobs, one for each array position; the unique index decides about duplicates,
-- which are left out of the result.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, rung_at
)
SELECT
    n.id, n.type, n.queue, n.priority, n.payload, n.idempotency_key, n.effect_key,
    n.submitted_by_id, 'queued', 0, 0, 0, n.max_retries, '[]', statement_timestamp(),
    due.at, greatest(due.at, statement_timestamp())
FROM unnest(
    %(ids)s::uuid[], %(types)s::text[], %(queues)s::text[], %(priorities)s::smallint[],
    %(payloads)s::jsonb[], %(idempotency_keys)s::text[], %(effect_keys)s::text[],
    %(submitted_by_ids)s::bigint[], %(max_retries)s::smallint[],
    %(run_ats)s::timestamptz[], %(delays)s::float8[]
) AS n (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    max_retries, run_at, delay
)
CROSS JOIN LATERAL (
    SELECT coalesce(n.run_at, statement_timestamp() + n.delay * interval '1 second') AS at
) AS due
ON CONFLICT (submitted_by_id, type, idempotency_key) WHERE idempotency_key IS NOT NULL
DO NOTHING
RETURNING
    id, run_at, created_at,
    greatest(extract(epoch FROM run_at - created_at), 0)::float8 AS delay_seconds
