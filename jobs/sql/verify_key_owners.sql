-- One owner per key: no two jobs succeeded with one effect key while it was kept, and what runs
-- under a key that jobs can share owns it.
SELECT
    job.id::text AS subject,
    CASE
        WHEN job.state = 'running' AND (held.job_id IS DISTINCT FROM job.id)
            THEN 'runs without owning ' || job.effect_key
        WHEN job.state = 'succeeded' AND job.finished_at - job.former
            < %(key_retention_seconds)s * interval '1 second'
            THEN 'a second success for ' || job.effect_key
    END AS problem
FROM (
    SELECT
        id, state, effect_key, finished_at,
        lag(finished_at) OVER (PARTITION BY effect_key, state ORDER BY finished_at) AS former
    FROM jobs_job
    WHERE state IN ('running', 'succeeded') AND effect_key NOT IN ('', id::text)
) AS job
LEFT JOIN jobs_processedkey AS held ON held.key = job.effect_key
