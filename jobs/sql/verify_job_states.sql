-- Every job is in a legal state, and its columns fit.
SELECT
    id::text AS subject,
    CASE
        WHEN state NOT IN ('queued', 'running', 'succeeded', 'dead', 'skipped', 'cancelled', 'expired')
            THEN 'unknown state ' || state
        WHEN (state IN ('queued', 'running')) <> (finished_at IS NULL)
            THEN state || ', but finished_at says otherwise'
        WHEN state = 'running' AND (worker_id IS NULL OR claimed_at IS NULL OR attempt = 0)
            THEN 'running without worker, claimed_at or attempt'
        WHEN state = 'queued'
            AND (worker_id IS NOT NULL OR claimed_at IS NOT NULL OR started_at IS NOT NULL)
            THEN 'queued, but still with a worker'
        WHEN state = 'skipped' AND (done_by_id IS NULL OR done_by_id = id)
            THEN 'skipped without naming the job that had done its effect'
        WHEN state IN ('succeeded', 'dead') AND attempt = 0
            THEN state || ' without an attempt'
        WHEN state IN ('succeeded', 'dead') AND (worker_id IS NULL OR claimed_at IS NULL)
            THEN state || ' without a claim'
        WHEN state IN ('queued', 'running') AND failures > max_retries
            THEN state || ' although its retries are used up'
        WHEN jsonb_typeof(errors) <> 'array'
            THEN 'errors is not a list'
        WHEN jsonb_array_length(errors) > attempt
            THEN 'more errors than attempts'
        WHEN effect_key <> id::text AND position(':' IN effect_key) = 0
            AND (state, effect_key) <> ('succeeded', '')
            THEN 'its effect key is neither its id nor one that jobs can share'
    END AS problem
FROM jobs_job
