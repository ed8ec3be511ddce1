-- What a cache mark calls done is done, as far as PostgreSQL still has the rows. Keys are kept for
-- longer than marks unless the settings say otherwise: then a key that is missing says nothing.
-- `repeated`: the type of a job that will do again what it is marked to have done.
SELECT
    mark.key AS subject,
    CASE
        WHEN job.state <> 'succeeded'
            THEN 'marked as done by job ' || job.id || ', which is ' || job.state
        WHEN position(':' IN mark.key) = 0 AND mark.key <> mark.job_id::text
            THEN 'marked as done by job ' || mark.job_id || ', but it is the key of another'
        WHEN held.job_id <> mark.job_id
            THEN 'marked as done by job ' || mark.job_id || ', but it belongs to ' || held.job_id
        WHEN held.processed_at IS NULL AND held.key IS NOT NULL
            THEN 'marked as done by job ' || mark.job_id || ', but it is not processed'
        WHEN held.key IS NULL AND %(keys_outlive_marks)s AND job.id IS NULL
            AND mark.job_id >= %(oldest)s
            THEN 'marked as done by job ' || mark.job_id || ', which PostgreSQL does not have'
        WHEN coalesce(nullif(job.effect_key, ''), job.id::text) <> mark.key
            THEN 'marked as done by job ' || mark.job_id || ', but it is released'
    END AS problem,
    CASE WHEN job.state IN ('queued', 'running') THEN job.type END AS repeated
FROM verify_cache_mark AS mark
LEFT JOIN jobs_job AS job ON job.id = mark.job_id
LEFT JOIN jobs_processedkey AS held ON held.key = mark.key
