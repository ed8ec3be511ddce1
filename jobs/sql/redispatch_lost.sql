-- Finds queued jobs that must be missing from their lists (queue and priority), and dates their
-- dispatch anew. Lists are first-in first-out: what was dispatched more than a margin before the
-- next one to come out must have come out. `next_id` is NULL for an empty list: all has come out.
WITH lost AS (
    SELECT job.id
    FROM unnest(%(queues)s::text[], %(priorities)s::smallint[], %(next_ids)s::uuid[])
        AS list (queue, priority, next_id)
    LEFT JOIN jobs_job AS next_out ON next_out.id = list.next_id
    CROSS JOIN LATERAL (
        SELECT id
        FROM jobs_job
        WHERE state = 'queued'
            AND queue = list.queue
            AND priority = list.priority
            AND dispatched_at < CASE WHEN list.next_id IS NULL
                THEN statement_timestamp()
                ELSE least(next_out.dispatched_at, statement_timestamp()) END
                - %(margin_seconds)s * interval '1 second'
        ORDER BY dispatched_at
        LIMIT %(limit)s
    ) AS job
)
UPDATE jobs_job AS job
SET dispatched_at = statement_timestamp()
FROM (SELECT id FROM jobs_job WHERE id IN (SELECT id FROM lost) FOR UPDATE SKIP LOCKED) AS held
WHERE job.id = held.id AND job.state = 'queued'
RETURNING job.id, job.effect_key, job.queue, job.priority
