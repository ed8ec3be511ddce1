-- Finds what a worker may claim while Redis is away: in the order of the lists, then longest waiting. Reads
-- the head of each list (queue and priority) instead of sorting the backlog: with 300,000 queued
-- jobs that takes 1.6 ms instead of 53 to 75. Retries lie in the same index, dated ahead.
SELECT job.id, job.effect_key, job.queue, job.priority
FROM unnest(%(queues)s::text[], %(priorities)s::smallint[])
    WITH ORDINALITY AS list (queue, priority, place)
CROSS JOIN LATERAL (
    SELECT id, effect_key, queue, priority, dispatched_at
    FROM jobs_job
    WHERE state = 'queued'
        AND held_by IS NULL
        AND queue = list.queue
        AND priority = list.priority
        AND dispatched_at <= statement_timestamp()
        AND run_at <= statement_timestamp()
        AND (expires_at IS NULL OR expires_at > statement_timestamp() OR errors <> '[]')
    ORDER BY dispatched_at
    LIMIT %(limit)s
) AS job
ORDER BY list.place, job.dispatched_at
LIMIT %(limit)s
