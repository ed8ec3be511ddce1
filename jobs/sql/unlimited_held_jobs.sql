-- Jobs that are held by limits that are there no longer.
SELECT job.id, job.held_by, job.limits, job.rank, job.priority
FROM unnest(%(names)s::text[]) AS at (name)
CROSS JOIN LATERAL (
    SELECT id, held_by, limits, rank, priority
    FROM jobs_job
    WHERE state = 'queued' AND held_by = at.name
    ORDER BY priority DESC, rank, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS job
