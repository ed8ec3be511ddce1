-- Collects queued jobs that should have been dispatched long ago and that Redis does not know.
-- As in redispatch_lost.sql, nothing is late that was dispatched after the next entry to come out,
-- and that was so many seconds before `asked_at` as the age of the list's head says.
INSERT INTO verify_suspect (id, dispatched_at)
SELECT job.id, job.dispatched_at
FROM jobs_job AS job
LEFT JOIN verify_head AS list ON list.queue = job.queue AND list.priority = job.priority
WHERE job.state = 'queued'
    AND job.held_by IS NULL
    AND greatest(job.dispatched_at, job.run_at) < %(asked_at)s::timestamptz
        - (coalesce(list.age, 0) + %(unknown_seconds)s) * interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM verify_known WHERE verify_known.id = job.id)
