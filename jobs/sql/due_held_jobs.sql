-- Jobs under limits whose run_at has come wait at the first of their limits; returns these limits.
WITH due AS (
    SELECT id FROM jobs_job
    WHERE state = 'queued' AND held_by = 'run_at' AND run_at <= statement_timestamp()
    ORDER BY run_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs_job AS job
SET held_by = job.limits ->> 0
FROM due
WHERE job.id = ANY (ARRAY[due.id])
RETURNING job.held_by
