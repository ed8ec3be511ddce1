-- Finds queued jobs that must be missing from their lists (queue and priority), and dates their
-- dispatch anew. Lists are first-in first-out: what was dispatched more than a margin before the
-- next entry to come out must have come out. `head_age` is how many seconds before `asked_at` that
-- entry was dispatched; NULL for an empty list: all has come out. What has become of the job of that
-- entry does not matter.
WITH lost AS (
    SELECT job.id
    FROM unnest(%(queues)s::text[], %(priorities)s::smallint[], %(head_ages)s::float8[])
        AS list (queue, priority, head_age)
    CROSS JOIN LATERAL (
        SELECT id
        FROM jobs_job
        WHERE state = 'queued'
            AND queue = list.queue
            AND priority = list.priority
            AND dispatched_at < least(
                %(asked_at)s::timestamptz
                - (coalesce(list.head_age, 0) + %(margin_seconds)s) * interval '1 second',
                %(dispatched_before)s::timestamptz
            )
        ORDER BY dispatched_at
        LIMIT %(limit)s
    ) AS job
)
UPDATE jobs_job AS job
SET dispatched_at = statement_timestamp()
FROM (SELECT id FROM jobs_job WHERE id IN (SELECT id FROM lost) FOR UPDATE SKIP LOCKED) AS held
WHERE job.id = held.id AND job.state = 'queued'
RETURNING job.id, job.effect_key, job.queue, job.priority
