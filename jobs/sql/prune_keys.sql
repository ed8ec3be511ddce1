-- Deletes the oldest effect keys past their retention; returns how many. It counts from the success;
-- a key without one goes when its job is gone: no job is left that would do the effect.
WITH old AS (
    SELECT key
    FROM jobs_processedkey AS processed
    WHERE created_at < now() - %(retention_seconds)s * interval '1 second'
        AND (
            processed_at < now() - %(retention_seconds)s * interval '1 second'
            OR (
                processed_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM jobs_job WHERE id = processed.job_id)
            )
        )
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM jobs_processedkey WHERE key IN (SELECT key FROM old) RETURNING 1
)
SELECT count(*) FROM gone
