-- Queued jobs come under a limit that was set after they were accepted; they wait at it. A job that is
-- held already stays where it waits. Returns how many rows were changed.
WITH found AS (
    SELECT id FROM jobs_job
    WHERE state = 'queued'
        AND CASE WHEN %(queue)s::text IS NULL THEN type = %(type)s ELSE queue = %(queue)s END
        AND NOT coalesce(limits ? %(limit_name)s, false)
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), adopted AS (
    UPDATE jobs_job AS job
    SET limits = coalesce(job.limits, '[]') || to_jsonb(%(limit_name)s::text),
        held_by = coalesce(
            job.held_by,
            CASE WHEN job.run_at > statement_timestamp() THEN 'run_at' ELSE %(limit_name)s END
        )
    FROM found
    WHERE job.id = ANY (ARRAY[found.id])
    RETURNING 1
)
SELECT count(*)::int FROM adopted
