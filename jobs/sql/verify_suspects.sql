-- Collects queued jobs that should have been dispatched long ago and that Redis does not know, in the
-- list that they belong to, or among what is due soon.
-- As in redispatch_lost.sql, nothing is late that was dispatched after the next entry to come out,
-- and that was so many seconds before `asked_at` as the age of the list's head says. A head whose job
-- is not queued says nothing: it may be of another time than PostgreSQL.
INSERT INTO verify_suspect (id, dispatched_at)
SELECT job.id, job.dispatched_at
FROM jobs_job AS job
LEFT JOIN (
    SELECT head.queue, head.priority, head.age
    FROM verify_head AS head
    JOIN jobs_job AS next_out ON next_out.id = head.job_id AND next_out.state = 'queued'
) AS list ON list.queue = job.queue AND list.priority = job.priority
WHERE job.state = 'queued'
    AND job.held_by IS NULL
    AND greatest(job.dispatched_at, job.run_at) < %(asked_at)s::timestamptz
        - (coalesce(list.age, 0) + %(unknown_seconds)s) * interval '1 second'
    AND NOT EXISTS (
        SELECT 1 FROM verify_known AS known
        WHERE known.id = job.id AND known.queue = job.queue AND known.priority = job.priority
    )
