-- Every success has the processed key that jobs can share, tied to it, until the retention of keys is
-- over; and its attempt had no other outcome, unless that is settled by a late success. A job that is
-- its own key needs no processed key, and leaves its effect key empty; earlier versions wrote both.
SELECT
    job.id::text AS subject,
    CASE
        WHEN held.key IS NULL AND job.effect_key NOT IN ('', job.id::text) AND job.finished_at >= kept.since
            THEN 'no processed key ' || job.effect_key
        WHEN held.job_id <> job.id AND job.finished_at >= kept.since
            THEN 'its key belongs to job ' || held.job_id
        WHEN held.processed_at IS NULL AND held.key IS NOT NULL AND job.finished_at >= kept.since
            THEN 'its key is not processed: ' || job.effect_key
        WHEN job.errors -> -1 ->> 'attempt' = job.attempt::text AND NOT EXISTS (
            SELECT 1 FROM jobs_deadletter AS letter
            WHERE letter.job_id = job.id
                AND letter.attempt = job.attempt
                AND letter.resolution = 'settled'
        )
            THEN 'attempt ' || job.attempt || ' succeeded and failed'
    END AS problem
FROM jobs_job AS job
CROSS JOIN (
    SELECT now() - %(key_retention_seconds)s * interval '1 second' AS since
) AS kept
LEFT JOIN jobs_processedkey AS held ON held.key = job.effect_key
WHERE job.state = 'succeeded'
