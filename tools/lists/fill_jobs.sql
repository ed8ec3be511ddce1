-- Jobs %(first)s to %(last)s of %(jobs)s, the oldest first, over thirty days. Most are of one type, queue
-- and client; what is rare is old, so that a page that looks for it from the newest on reads everything.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, idempotency_key, submitted_by_id, state, attempt,
    failures, crashes, max_retries, errors, worker_id, done_by_id, schedule_id,
    created_at, run_at, dispatched_at, claimed_at, finished_at
)
SELECT
    id, type, queue, 5, '{"number": 1}', id::text,
    CASE WHEN n %% 1000 = 0 THEN 'key-' || n END,
    CASE WHEN n < 30 THEN %(rare_client)s WHEN n %% 3 = 0 THEN %(client)s ELSE %(other_client)s END,
    state, (state <> 'queued')::int, 0, 0, 4, '[]',
    CASE WHEN state <> 'queued' THEN id END,
    CASE WHEN state = 'skipped' THEN id END,
    CASE WHEN n %% 10000 = 0 THEN %(schedule)s::uuid END,
    at, at, at,
    CASE WHEN state <> 'queued' THEN at END,
    CASE WHEN state NOT IN ('queued', 'running') THEN at END
FROM (
    SELECT
        n, at,
        (
            lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || lpad(to_hex(n %% 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15)
        )::uuid AS id,
        CASE WHEN n < 100 THEN 'send_welcome_email' ELSE 'send_email' END AS type,
        CASE WHEN n < 100 THEN 'bulk' WHEN n %% 100 = 0 THEN 'emails' ELSE 'default' END AS queue,
        CASE
            WHEN n > %(jobs)s - 20 THEN 'running'
            WHEN n > %(jobs)s * 0.99 OR n %% 100 = 7 AND n < %(jobs)s * 0.2 THEN 'queued'
            WHEN n %% 200 = 1 THEN 'dead'
            WHEN n %% 1000 = 2 THEN 'cancelled'
            WHEN n %% 1000 = 3 THEN 'skipped'
            WHEN n < 200 AND n %% 10 = 4 THEN 'expired'
            ELSE 'succeeded'
        END AS state
    FROM (
        SELECT n, now() - interval '30 days' * (1 - n::float8 / %(jobs)s) AS at
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS numbers (n)
    ) AS moments
) AS jobs
