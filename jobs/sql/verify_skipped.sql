-- The job that a skipped one names has done the effect. Its key may have been pruned, or released by
-- a person: then that job is its own key since.
SELECT
    job.id::text AS subject,
    CASE
        WHEN doer.state <> 'succeeded'
            THEN 'skipped for job ' || doer.id || ', which is ' || doer.state
        WHEN held.job_id = job.done_by_id AND held.processed_at IS NULL
            THEN 'skipped for a key that is not processed: ' || job.effect_key
        WHEN held.job_id IS DISTINCT FROM job.done_by_id
            AND doer.finished_at >= now() - %(key_retention_seconds)s * interval '1 second'
            AND NOT EXISTS (
                SELECT 1 FROM jobs_event AS event
                WHERE event.subject_type = 'processed_key' AND event.subject_id = job.effect_key
                    AND event.action = 'processed_key.released'
            )
            THEN 'skipped for job ' || doer.id || ', which does not own ' || job.effect_key
    END AS problem
FROM jobs_job AS job
LEFT JOIN jobs_job AS doer ON doer.id = job.done_by_id
LEFT JOIN jobs_processedkey AS held ON held.key = job.effect_key
WHERE job.state = 'skipped'
