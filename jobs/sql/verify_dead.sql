-- Every dead job has one dead letter of its last attempt, which waits or was discarded.
SELECT
    job.id::text AS subject,
    CASE
        WHEN count(letter.id) = 0 THEN 'dead without a dead letter of attempt ' || job.attempt
        WHEN count(letter.id) > 1 THEN 'dead letters of one attempt: ' || count(letter.id)
        WHEN min(letter.resolution) NOT IN ('', 'discarded')
            THEN 'dead, but its dead letter was ' || min(letter.resolution)
    END AS problem
FROM jobs_job AS job
LEFT JOIN jobs_deadletter AS letter ON letter.job_id = job.id AND letter.attempt = job.attempt
WHERE job.state = 'dead'
GROUP BY job.id
