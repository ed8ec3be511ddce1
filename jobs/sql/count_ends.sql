-- Counts jobs that have ended without an attempt of a worker: skipped, expired, cancelled by a person.
-- They are read by primary key, after the change of their state in the same transaction.
INSERT INTO jobs_rollup (begins_at, seconds, queue, type, outcome, count)
SELECT date_trunc('minute', now()), 60, queue, type, state, count(*)
FROM jobs_job
WHERE id = ANY(%(ids)s::uuid[])
GROUP BY queue, type, state
