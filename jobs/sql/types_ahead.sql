-- The types of the jobs that come next in each queue: of each list the first few in dispatch order.
-- Reads a bounded part of the index of queued jobs, list by list; one statement a list, ten a queue,
-- would be as many round trips.
SELECT DISTINCT of.queue, job.type
FROM unnest(%(queues)s::text[]) AS of (queue)
CROSS JOIN generate_series(%(least_urgent)s, %(most_urgent)s) AS list (priority)
CROSS JOIN LATERAL (
    SELECT type FROM jobs_job
    WHERE state = 'queued' AND held_by IS NULL AND queue = of.queue AND priority = list.priority
        AND dispatched_at <= statement_timestamp()
    ORDER BY dispatched_at
    LIMIT %(limit)s
) AS job
