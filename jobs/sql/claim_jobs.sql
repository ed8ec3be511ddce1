-- Claims jobs that are queued, due, admitted, not expired and not owned by another job, for a worker
-- that has not stopped. A job that has errors has begun in time, and expires no more.
-- A key that several jobs share is taken first: the unique index lets one of them through.
-- SKIP LOCKED: a transaction that holds a row is claiming, cancelling or replaying that job.
--
-- This plan is kept, so it must suit tables of any size. The conditions are written so that only
-- the primary keys can serve: a CASE matches no partial index and is not taken for a filter that
-- leaves few rows, `= ANY (ARRAY[...])` rules out a merge join over a whole index, and `IN` and `=`,
-- unlike EXISTS, a scan of all keys.
WITH wanted AS (
    SELECT job.id, job.effect_key
    FROM unnest(%(ids)s::uuid[]) AS fetched (id)
    JOIN jobs_job AS job ON job.id = ANY (ARRAY[fetched.id])
    WHERE CASE WHEN job.state = 'queued'
            THEN job.run_at <= statement_timestamp() AND job.held_by IS NULL
                AND (
                    job.expires_at IS NULL OR job.expires_at > statement_timestamp()
                    OR job.errors <> '[]'
                )
            ELSE false END
        AND EXISTS (
            SELECT 1 FROM jobs_worker WHERE id = %(worker_id)s AND stopped_at IS NULL
        )
    FOR UPDATE OF job SKIP LOCKED
), taken AS (
    INSERT INTO jobs_processedkey (key, job_id, created_at)
    SELECT effect_key, id, now()
    FROM wanted
    WHERE effect_key <> id::text
    ORDER BY effect_key  -- two workers that take the same keys must not deadlock
    ON CONFLICT (key) DO NOTHING
    RETURNING job_id
)
UPDATE jobs_job AS job
SET state = 'running',
    worker_id = %(worker_id)s,
    attempt = job.attempt + 1,
    claimed_at = now(),
    started_at = NULL
FROM wanted
WHERE job.id = ANY (ARRAY[wanted.id])
    AND (
        job.effect_key = job.id::text
        OR job.id IN (SELECT job_id FROM taken)
        OR job.id = (
            SELECT held.job_id FROM jobs_processedkey AS held
            WHERE held.key = job.effect_key AND held.processed_at IS NULL
        )
    )
RETURNING
    job.id, job.type, job.queue, job.priority, job.payload, job.effect_key, job.attempt,
    job.failures, job.crashes, job.max_retries, job.worker_id, job.limits
