-- running -> queued, fenced by worker and attempt. A delay of 0 keeps the job's place in its list,
-- and so the dates. A job that is asked to stop becomes cancelled instead; one that is under limits
-- waits for its moment without a slot. For the form of the fence see record_succeeded.sql. Errors
-- come as JSON: the driver takes longer to quote an array of texts than PostgreSQL to write the rows.
WITH requeued AS (
    UPDATE jobs_job AS job
    SET state = CASE WHEN job.cancel_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
        finished_at = CASE WHEN job.cancel_requested_at IS NULL THEN NULL ELSE now() END,
        worker_id = NULL,
        claimed_at = NULL,
        started_at = NULL,
        failures = outcome.failures,
        crashes = outcome.crashes,
        errors = job.errors || outcome.errors,
        run_at = CASE WHEN outcome.delay > 0
            THEN now() + outcome.delay * interval '1 second' ELSE job.run_at END,
        dispatched_at = CASE WHEN outcome.delay > 0
            THEN now() + outcome.delay * interval '1 second' ELSE job.dispatched_at END,
        held_by = CASE
            WHEN outcome.delay > 0 AND job.limits IS NOT NULL AND job.cancel_requested_at IS NULL
                THEN 'run_at'
            ELSE job.held_by END
    FROM ROWS FROM (
        unnest(
            %(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[], %(delays)s::float8[],
            %(failures)s::int[], %(crashes)s::int[]
        ),
        jsonb_array_elements(%(errors)s::jsonb)
    ) AS outcome (id, attempt, worker_id, delay, failures, crashes, errors)
    WHERE job.id = ANY (ARRAY[outcome.id])
        AND CASE WHEN job.state = 'running'
            THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
            ELSE false END
    RETURNING
        job.id, job.state, job.queue, job.type, job.dispatched_at, outcome.errors <> '[]' AS has_failed
), counted AS (
    -- What was given back has not failed, and is not counted.
    INSERT INTO jobs_rollup (begins_at, seconds, queue, type, outcome, count)
    SELECT
        date_trunc('minute', now()), 60, queue, type,
        CASE WHEN state = 'queued' THEN 'retried' ELSE state END, count(*)
    FROM requeued
    WHERE has_failed OR state <> 'queued'
    GROUP BY queue, type, 5
)
SELECT
    id,
    state,
    extract(epoch FROM statement_timestamp() - dispatched_at)::float8 AS age_seconds
FROM requeued
