-- The job of every dead letter is where the dead letter says, and the letter is complete.
SELECT
    letter.id::text AS subject,
    CASE
        WHEN job.id IS NULL THEN 'its job does not exist'
        WHEN letter.resolution = '' AND job.state <> 'dead'
            THEN 'waits for a person, but job ' || job.id || ' is ' || job.state
        WHEN letter.resolution = '' AND letter.attempt <> job.attempt
            THEN 'waits for a person, but is not about the last attempt of job ' || job.id
        WHEN letter.resolution = 'settled' AND job.state <> 'succeeded'
            THEN 'settled by a late success, but job ' || job.id || ' is ' || job.state
        WHEN letter.type <> job.type OR letter.queue <> job.queue
            THEN 'type or queue is not that of job ' || job.id
        -- A replay may have given the job another one.
        WHEN letter.resolution = '' AND letter.payload <> job.payload
            THEN 'the payload is not that of job ' || job.id
        WHEN letter.resolution = ''
            AND letter.submitted_by_id IS DISTINCT FROM job.submitted_by_id
            THEN 'who submitted it differs from job ' || job.id
        WHEN letter.resolution = '' AND letter.attempts <> job.errors
            THEN 'the attempts listed are not those of job ' || job.id
        WHEN letter.attempts -> -1 ->> 'attempt' IS DISTINCT FROM letter.attempt::text
            THEN 'the last attempt listed is not ' || letter.attempt
    END AS problem
FROM jobs_deadletter AS letter
LEFT JOIN jobs_job AS job ON job.id = letter.job_id
