-- Deletes the batches that were completed longest ago, past the retention of jobs, once none of
-- their jobs is left; returns how many.
WITH old AS (
    SELECT batch.id FROM jobs_batch AS batch
    WHERE batch.completed_at < now() - %(retention_seconds)s * interval '1 second'
        AND NOT EXISTS (SELECT FROM jobs_job AS job WHERE job.batch_id = batch.id)
    ORDER BY batch.completed_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM jobs_batch WHERE id IN (SELECT id FROM old) RETURNING 1
)
SELECT count(*) FROM gone
