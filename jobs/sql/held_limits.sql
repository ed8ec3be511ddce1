-- The limits at which jobs wait, behind `after`, in the order of their names: one look into the index for
-- each (a loose index scan), however many jobs wait there.
WITH RECURSIVE held (name) AS (
    (
        SELECT held_by FROM jobs_job
        WHERE state = 'queued' AND held_by IS NOT NULL AND held_by > %(after)s
        ORDER BY held_by
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT held_by FROM jobs_job
        WHERE state = 'queued' AND held_by IS NOT NULL AND held_by > held.name
        ORDER BY held_by
        LIMIT 1
    )
    FROM held
    WHERE held.name IS NOT NULL
)
SELECT name FROM held WHERE name IS NOT NULL AND name <> 'run_at' LIMIT %(limit)s
