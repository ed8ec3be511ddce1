-- Accepts jobs, one for each array position, some of which have an idempotency key; those whose key
-- is taken are left out of the result: the unique index decides. Otherwise as insert_jobs.sql.
--
-- A key in the form that did not name the client, processed and without its job, may be this
-- client's: the job takes it over as its effect key, until the key expires (docs/decisions/0010).
-- A key in the form of today, processed and without its job, is this client's: nothing is inserted.
-- The look-ups are sub-selects of one row, so that no plan joins whole tables. Planned each time, which
-- takes 1.8 ms of the 29 of a thousand jobs: a plan that was kept from when there were no keys took 22 s
-- with 300,000 of them. A call of the function of insert_keyed_job.sql takes 3 to 4 us, a sub-select 0.6.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, dispatched_at,
    expires_at, request_id, traceparent
)
SELECT
    new.id::uuid, new.type, new.queue, new.priority::smallint, new.payload,
    new.idempotency_key,
    coalesce(
        (
            SELECT held.key FROM jobs_processedkey AS held
            WHERE held.key = new.former_effect_key
                AND held.processed_at IS NOT NULL
                AND NOT EXISTS (SELECT FROM jobs_job WHERE id = held.job_id)
        ),
        new.effect_key
    ),
    new.submitted_by_id::user_id, 'queued', 0, 0, 0, new.max_retries::smallint, '[]',
    statement_timestamp(), due.at, greatest(due.at, statement_timestamp()),
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
    jsonb_array_elements_text(%(idempotency_keys)s::jsonb),
    jsonb_array_elements_text(%(effect_keys)s::jsonb),
    jsonb_array_elements_text(%(former_effect_keys)s::jsonb),
    jsonb_array_elements_text(%(submitted_by_ids)s::jsonb),
    jsonb_array_elements_text(%(max_retries)s::jsonb),
    jsonb_array_elements_text(%(run_ats)s::jsonb),
    jsonb_array_elements_text(%(delays)s::jsonb),
    jsonb_array_elements_text(%(expires_ats)s::jsonb),
    jsonb_array_elements_text(%(expires_ins)s::jsonb),
    jsonb_array_elements_text(%(request_ids)s::jsonb),
    jsonb_array_elements_text(%(traceparents)s::jsonb)
) AS new (
    id, type, queue, priority, payload, idempotency_key, effect_key, former_effect_key,
    submitted_by_id, max_retries, run_at, delay, expires_at, expires_in, request_id, traceparent
)
CROSS JOIN LATERAL (
    SELECT coalesce(
        new.run_at::timestamptz,
        statement_timestamp() + new.delay::float8 * interval '1 second'
    ) AS at
) AS due
WHERE (
    SELECT held.job_id FROM jobs_processedkey AS held
    WHERE held.key = new.effect_key
        AND new.former_effect_key IS NOT NULL  -- a client's, not one that the type derives
        AND held.processed_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM jobs_job WHERE id = held.job_id)
) IS NULL
ORDER BY new.idempotency_key  -- two batches with the same keys must not deadlock
ON CONFLICT (submitted_by_id, type, idempotency_key) WHERE idempotency_key IS NOT NULL
DO NOTHING
RETURNING
    id::text,
    effect_key,
    extract(epoch FROM created_at)::float8 AS created_at,
    extract(epoch FROM run_at)::float8 AS run_at
