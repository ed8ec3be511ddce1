-- Slots of jobs that are gone, final or held: none should be left; what other code did to jobs may
-- have left some. Returns their limits.
WITH leaked AS (
    DELETE FROM jobs_slot AS slot
    WHERE NOT EXISTS (
        SELECT 1 FROM jobs_job AS job
        WHERE job.id = slot.job_id AND job.finished_at IS NULL AND job.held_by IS NULL
    )
    RETURNING limit_name
)
SELECT DISTINCT limit_name FROM leaked
