-- Jobs that run when a limit is set take a slot under it, as many as there are, as if admitted when
-- they were claimed; before the limit was set, if they were claimed since: they are none too many.
-- Rows that another transaction holds are left out. Returns how many there were.
WITH found AS (
    SELECT id FROM jobs_job
    WHERE state = 'running'
        AND CASE WHEN %(queue)s::text IS NULL THEN type = %(type)s ELSE queue = %(queue)s END
        AND NOT coalesce(limits ? %(limit_name)s, false)
    FOR UPDATE SKIP LOCKED
), adopted AS (
    UPDATE jobs_job AS job
    SET limits = coalesce(job.limits, '[]') || to_jsonb(%(limit_name)s::text)
    FROM found
    WHERE job.id = ANY (ARRAY[found.id])
    RETURNING job.id, job.claimed_at
), slots AS (
    INSERT INTO jobs_slot (limit_name, job_id, admitted_at)
    SELECT at.name, adopted.id, least(adopted.claimed_at, at.set_at)
    FROM adopted
    JOIN jobs_limit AS at ON at.name = %(limit_name)s
    ON CONFLICT (job_id, limit_name) DO NOTHING
)
SELECT count(*)::int FROM adopted
