-- Deletes these jobs, with their dead letters, results and progress; returns how many of the first two.
WITH letters AS (
    DELETE FROM jobs_deadletter WHERE job_id = ANY(%(ids)s::uuid[]) RETURNING 1
), results AS (
    DELETE FROM jobs_jobresult WHERE job_id = ANY(%(ids)s::uuid[])
), progress AS (
    DELETE FROM jobs_progressreport WHERE job_id = ANY(%(ids)s::uuid[])
), jobs AS (
    DELETE FROM jobs_job WHERE id = ANY(%(ids)s::uuid[]) RETURNING 1
)
SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM letters)
