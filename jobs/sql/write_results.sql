-- Keeps what handlers returned, one row for each array position. A job that is replayed succeeds
-- only once, so that there is a row already only where an adopter's code has made one.
INSERT INTO jobs_jobresult (job_id, value, problem, created_at)
SELECT result.job_id, result.value, result.problem, now()
FROM unnest(%(job_ids)s::uuid[], %(json)s::jsonb[], %(problems)s::text[])
    AS result (job_id, value, problem)
ON CONFLICT (job_id) DO UPDATE
SET value = excluded.value, problem = excluded.problem, created_at = excluded.created_at
