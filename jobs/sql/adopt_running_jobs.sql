-- Jobs that run when a limit is set take a slot under it, as many as there are, as if admitted when
-- they were claimed.
WITH adopted AS (
    UPDATE jobs_job AS job
    SET limits = coalesce(job.limits, '[]') || to_jsonb(%(limit_name)s::text)
    WHERE job.state = 'running'
        AND CASE WHEN %(queue)s::text IS NULL THEN type = %(type)s ELSE queue = %(queue)s END
        AND NOT coalesce(limits ? %(limit_name)s, false)
    RETURNING job.id, job.claimed_at
)
INSERT INTO jobs_slot (limit_name, job_id, admitted_at)
SELECT %(limit_name)s, id, claimed_at FROM adopted
ON CONFLICT (job_id, limit_name) DO NOTHING
