-- The job of every processed key succeeded, if it is still there.
SELECT
    held.key AS subject,
    CASE WHEN job.state <> 'succeeded'
        THEN 'processed, but job ' || job.id || ' is ' || job.state
    END AS problem
FROM jobs_processedkey AS held
LEFT JOIN jobs_job AS job ON job.id = held.job_id
WHERE held.processed_at IS NOT NULL
