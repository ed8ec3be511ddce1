-- Finds queued jobs whose ring must have been lost and dates their new ring. For each list
-- (queue and priority) `older_than` is the moment before which every ring has come out:
-- NULL means that the list is empty.
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
