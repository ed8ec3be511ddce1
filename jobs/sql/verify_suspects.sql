-- Collects queued jobs that should have been dispatched long ago and that Redis does not know.
-- As in redispatch_lost.sql, nothing is late that was dispatched after the next one to come out.
INSERT INTO verify_suspect (id, dispatched_at)
SELECT job.id, job.dispatched_at
FROM jobs_job AS job
LEFT JOIN verify_next_out AS list ON list.queue = job.queue AND list.priority = job.priority
LEFT JOIN jobs_job AS next_out ON next_out.id = list.id
WHERE job.state = 'queued'
    AND greatest(job.dispatched_at, job.run_at) < least(next_out.dispatched_at, statement_timestamp())
        - %(unknown_seconds)s * interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM verify_known WHERE verify_known.id = job.id)
