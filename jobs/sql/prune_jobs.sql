-- Deletes these jobs, with their dead letters; returns how many of each.
WITH letters AS (
    DELETE FROM jobs_deadletter WHERE job_id = ANY(%(ids)s::uuid[]) RETURNING 1
), jobs AS (
    DELETE FROM jobs_job WHERE id = ANY(%(ids)s::uuid[]) RETURNING 1
)
SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM letters)
