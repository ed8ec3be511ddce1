-- The next jobs that wait at each of these limits: by priority, then rank, then age; at most `room`
-- of them a limit. SKIP LOCKED: what another transaction holds is being cancelled or edited.
SELECT job.id, job.held_by, job.limits, job.rank, job.priority
FROM unnest(%(names)s::text[], %(rooms)s::int[]) AS at (name, room)
CROSS JOIN LATERAL (
    SELECT id, held_by, limits, rank, priority
    FROM jobs_job
    WHERE state = 'queued' AND held_by = at.name
    ORDER BY priority DESC, rank, id
    LIMIT at.room
    FOR UPDATE SKIP LOCKED
) AS job
