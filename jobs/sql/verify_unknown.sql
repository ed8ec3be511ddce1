-- Collects jobs that Redis names and PostgreSQL does not have, each once. A row is committed before
-- Redis learns of it, and stays for the retention: older ids are of jobs that have been pruned.
SELECT DISTINCT known.id
FROM verify_known AS known
WHERE known.id >= %(oldest)s
    AND NOT EXISTS (SELECT 1 FROM jobs_job WHERE id = known.id)
ORDER BY known.id
