-- Deletes the oldest results past their retention; returns how many.
WITH old AS (
    SELECT job_id FROM jobs_jobresult
    WHERE created_at < now() - %(retention_seconds)s * interval '1 second'
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM jobs_jobresult WHERE job_id IN (SELECT job_id FROM old) RETURNING 1
)
SELECT count(*) FROM gone
