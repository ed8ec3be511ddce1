-- Every succeeded job has its processed key, tied to it, until the retention of keys is over.
SELECT
    job.id::text AS subject,
    CASE
        WHEN held.key IS NULL THEN 'no processed key ' || job.effect_key
        WHEN held.job_id <> job.id THEN 'its key belongs to job ' || held.job_id
        WHEN held.processed_at IS NULL THEN 'its key is not processed: ' || job.effect_key
    END AS problem
FROM jobs_job AS job
LEFT JOIN jobs_processedkey AS held ON held.key = job.effect_key
WHERE job.state = 'succeeded'
    AND job.finished_at >= now() - %(key_retention_seconds)s * interval '1 second'
