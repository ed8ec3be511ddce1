-- Which of these schedules have a job that is not final, among the last 20 that they have made: a
-- person may have run one at once, or replayed an old one, but not many. Reads the index of jobs by
-- schedule, and no more than 20 rows of it for each.
SELECT schedule.id
FROM unnest(%(ids)s::uuid[]) AS schedule (id)
WHERE EXISTS (
    SELECT FROM (
        SELECT state FROM jobs_job WHERE schedule_id = schedule.id ORDER BY id DESC LIMIT 20
    ) AS job
    WHERE job.state IN ('queued', 'running')
)
