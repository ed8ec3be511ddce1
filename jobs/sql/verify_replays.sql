-- A job names the dead letter that it was replayed from last, and that one was replayed.
SELECT
    job.id::text AS subject,
    CASE
        WHEN letter.id IS NULL THEN 'its replay_of names no dead letter of it'
        WHEN letter.resolution <> 'replayed'
            THEN 'its replay_of names a dead letter that was not replayed'
        WHEN letter.attempt > job.attempt
            THEN 'its replay_of names a dead letter of a later attempt'
    END AS problem
FROM jobs_job AS job
LEFT JOIN jobs_deadletter AS letter ON letter.id = job.replay_of AND letter.job_id = job.id
WHERE job.replay_of IS NOT NULL
