-- Deletes up to so many jobs of these clients, with all that hangs on them; returns how many jobs.
WITH jobs AS (
    DELETE FROM jobs_job
    WHERE id = ANY (ARRAY(
        SELECT id FROM jobs_job WHERE submitted_by_id = ANY(%(clients)s::user_id[]) LIMIT %(limit)s
    ))
    RETURNING id, effect_key
), letters AS (
    DELETE FROM jobs_deadletter USING jobs WHERE job_id = jobs.id
), results AS (
    DELETE FROM jobs_jobresult USING jobs WHERE job_id = jobs.id
), progress AS (
    DELETE FROM jobs_progressreport USING jobs WHERE job_id = jobs.id
), slots AS (
    DELETE FROM jobs_slot USING jobs WHERE job_id = jobs.id
), waits AS (
    DELETE FROM jobs_keywait USING jobs WHERE job_id = jobs.id
), keys AS (
    DELETE FROM jobs_processedkey AS held USING jobs
    WHERE held.key = jobs.effect_key AND held.job_id = jobs.id
)
SELECT count(*) FROM jobs
