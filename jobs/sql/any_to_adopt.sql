-- Finds a job that has to come under a limit and has not: another transaction holds its row.
SELECT 1 FROM jobs_job
WHERE state IN ('queued', 'running')
    AND CASE WHEN %(queue)s::text IS NULL THEN type = %(type)s ELSE queue = %(queue)s END
    AND NOT coalesce(limits ? %(limit_name)s, false)
LIMIT 1
