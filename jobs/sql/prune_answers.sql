-- Deletes the oldest stored answers past their retention; returns how many.
WITH old AS (
    SELECT key FROM jobs_storedanswer
    WHERE created_at < now() - %(retention_seconds)s * interval '1 second'
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM jobs_storedanswer WHERE key IN (SELECT key FROM old) RETURNING 1
)
SELECT count(*) FROM gone
