-- Keeps the last report of each attempt, fenced by worker and attempt: one that was taken away writes
-- nothing. A report of a job that has ended meanwhile is kept, because it is its last. For the form of
-- the fence see record_succeeded.sql.
INSERT INTO jobs_progressreport AS kept (job_id, attempt, done, total, message, reported_at)
SELECT job.id, job.attempt, report.done, report.total, report.message, now()
FROM unnest(
    %(job_ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[],
    %(done)s::float8[], %(totals)s::float8[], %(messages)s::text[]
) AS report (job_id, attempt, worker_id, done, total, message)
JOIN jobs_job AS job
    ON job.id = ANY (ARRAY[report.job_id])
    AND CASE WHEN job.attempt = report.attempt THEN job.worker_id = report.worker_id ELSE false END
ON CONFLICT (job_id) DO UPDATE
SET attempt = excluded.attempt, done = excluded.done, total = excluded.total,
    message = excluded.message, reported_at = excluded.reported_at
