-- Deletes key waits that are over, and were left behind; returns how many.
WITH gone AS (
    DELETE FROM jobs_keywait
    WHERE job_id IN (
        SELECT job_id FROM jobs_keywait
        WHERE until < now() - interval '1 hour'
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM gone
