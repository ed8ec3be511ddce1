-- Counts what has ended of the demonstration: of these clients, or of everybody. By periods as long as
-- `jobs/services/maintenance/fold_roll_ups.py` leaves them, which would find nothing to fold.
INSERT INTO jobs_rollup (
    begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count, wait_seconds,
    run_seconds, is_folded
)
SELECT
    date_bin(period.seconds * interval '1 second', ended.at, to_timestamp(0)), period.seconds, queue,
    type, outcome,
    wait_bucket, run_bucket, sum(ended.count), sum(wait), sum(run), true
FROM (
    SELECT
        finished_at AS at, queue, type, state AS outcome, 1 AS count, wait, run,
        width_bucket(wait, %(bounds)s::float8[]) AS wait_bucket,
        width_bucket(run, %(bounds)s::float8[]) AS run_bucket
    FROM jobs_job
    CROSS JOIN LATERAL (
        SELECT
            extract(epoch FROM claimed_at - run_at)::float8 AS wait,
            extract(epoch FROM finished_at - claimed_at)::float8 AS run
    ) AS durations
    WHERE finished_at IS NOT NULL
        AND (%(clients)s::user_id[] IS NULL OR submitted_by_id = ANY(%(clients)s::user_id[]))
    UNION ALL
    -- Attempts that failed and were followed by another.
    SELECT
        greatest(claimed_at, created_at), queue, type, 'retried',
        jsonb_array_length(errors) - (state = 'dead')::int, NULL, NULL, NULL, NULL
    FROM jobs_job
    WHERE errors <> '[]'
        AND (%(clients)s::user_id[] IS NULL OR submitted_by_id = ANY(%(clients)s::user_id[]))
) AS ended
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN ended.at >= date_bin('15 minutes', now() - interval '2 hours', to_timestamp(0)) THEN 60
        WHEN ended.at >= date_trunc('hour', now() - interval '26 hours', 'UTC') THEN 900
        WHEN ended.at >= date_trunc('day', now() - interval '8 days', 'UTC') THEN 3600
        ELSE 86400
    END AS seconds
) AS period
WHERE ended.count > 0
GROUP BY 1, 2, queue, type, outcome, wait_bucket, run_bucket
