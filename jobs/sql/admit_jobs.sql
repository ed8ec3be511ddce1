-- Admits held jobs: each takes a slot under each of its limits, and is dispatched from now on.
WITH admitted AS (
    UPDATE jobs_job AS job
    SET held_by = NULL, dispatched_at = statement_timestamp()
    WHERE job.id = ANY(%(ids)s::uuid[]) AND job.state = 'queued' AND job.held_by IS NOT NULL
    RETURNING job.id, job.effect_key, job.queue, job.priority, job.rank, job.limits
), slots AS (
    INSERT INTO jobs_slot (limit_name, job_id, admitted_at)
    SELECT name, admitted.id, now()
    FROM admitted, jsonb_array_elements_text(admitted.limits) AS name
    ON CONFLICT (job_id, limit_name) DO NOTHING
)
SELECT id, effect_key, queue, priority FROM admitted
