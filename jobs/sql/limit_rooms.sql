-- How many more jobs each of these locked limits has room for, and the tokens of its bucket by now.
-- Slots are counted, not remembered: no crash can leak one. A fair queue without a limit gets a
-- window: what its live workers take at once, twice, or what ends in the window's seconds.
SELECT
    at.name,
    greatest(0, least(
        CASE WHEN allowed IS NULL THEN NULL
            ELSE allowed - (SELECT count(*) FROM jobs_slot WHERE limit_name = at.name) END,
        floor(bucket.tokens),
        %(most)s
    ))::int AS room,
    bucket.tokens,
    rate_seconds / rate_tokens AS seconds_a_token,
    is_fair,
    look_at IS NOT NULL AS has_look
FROM jobs_limit AS at
CROSS JOIN LATERAL (
    SELECT least(
        burst,
        tokens + extract(epoch FROM clock_timestamp() - refilled_at) * rate_tokens / rate_seconds
    )::float8 AS tokens
) AS bucket
CROSS JOIN LATERAL (
    SELECT coalesce(
        max_concurrency,
        CASE WHEN is_fair THEN greatest(
            2 * (
                SELECT coalesce(sum(concurrency), 1) FROM jobs_worker
                WHERE stopped_at IS NULL
                    AND heartbeat_at > now() - %(worker_timeout_seconds)s * interval '1 second'
                    AND queues ? substr(at.name, 7)  -- behind 'queue:'
            ),
            %(window_seconds)s
                * pace * exp(-extract(epoch FROM clock_timestamp() - paced_at) / %(pace_seconds)s)
        ) END
    ) AS allowed
) AS bound
WHERE at.name = ANY(%(names)s::text[])
