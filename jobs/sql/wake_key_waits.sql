-- queued -> queued: jobs that wait for one of these effect keys are due at once; the oldest first.
-- A job whose run_at has changed since it was deferred waits for something else by now. SKIP LOCKED:
-- what another transaction holds is being resolved, claimed or cancelled at this moment. Only the
-- primary key can serve: see record_succeeded.sql.
WITH woken AS (
    DELETE FROM jobs_keywait
    WHERE job_id IN (
        SELECT job_id FROM jobs_keywait
        WHERE key = ANY(%(keys)s::text[])
        ORDER BY job_id
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING job_id, until
), waiting AS (
    SELECT job.id
    FROM jobs_job AS job
    JOIN woken ON job.id = ANY (ARRAY[woken.job_id])
    WHERE CASE WHEN job.state = 'queued' THEN job.run_at = woken.until ELSE false END
    FOR UPDATE OF job SKIP LOCKED
)
UPDATE jobs_job AS job
SET run_at = now(), dispatched_at = now()
FROM waiting
WHERE job.id = ANY (ARRAY[waiting.id])
RETURNING job.id, job.effect_key, job.queue, job.priority
