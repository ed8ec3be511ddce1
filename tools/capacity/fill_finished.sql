-- Jobs %(first)s to %(last)s of %(jobs)s that succeeded, the oldest first, over thirty days.
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes, max_retries,
    errors, worker_id, created_at, run_at, dispatched_at, claimed_at, finished_at
)
SELECT
    id, %(type)s, 'default', 5, '{"number": 1}', id::text, 'succeeded', 1, 0, 0, 4, '[]', id,
    at, at, at, at, at
FROM (
    SELECT
        at,
        (
            lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || lpad(to_hex(n %% 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15)
        )::uuid AS id
    FROM (
        SELECT n, now() - interval '30 days' * (1 - n::float8 / %(jobs)s) - interval '1 hour' AS at
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS numbers (n)
    ) AS moments
) AS jobs
