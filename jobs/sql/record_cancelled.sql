-- running -> cancelled, fenced by worker and attempt. For the form of the fence see
-- record_succeeded.sql. Returns the jobs that were written.
UPDATE jobs_job AS job
SET state = 'cancelled', finished_at = now()
FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[])
    AS outcome (id, attempt, worker_id)
WHERE job.id = ANY (ARRAY[outcome.id])
    AND CASE WHEN job.state = 'running'
        THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
        ELSE false END
RETURNING job.id
