-- running -> dead, fenced, with the complete dead letter in the same statement.
WITH dead AS (
    UPDATE jobs_job AS job
    SET state = 'dead',
        finished_at = now(),
        failures = ours.failures,
        crashes = ours.crashes,
        errors = job.errors || ours.errors
    FROM unnest(
        %(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[], %(failures)s::int[],
        %(crashes)s::int[], %(errors)s::jsonb[], %(letter_ids)s::uuid[], %(reasons)s::text[],
        %(messages)s::text[]
    ) AS ours (
        id, attempt, worker_id, failures, crashes, errors, letter_id, reason, message
    )
    WHERE job.id = ours.id
        AND job.attempt = ours.attempt
        AND job.worker_id = ours.worker_id
        AND job.state = 'running'
    RETURNING job.*, ours.letter_id, ours.reason, ours.message
), letters AS (
    INSERT INTO jobs_deadletter (
        id, job_id, type, queue, payload, submitted_by_id, reason, error, attempts, attempt,
        created_at, resolution
    )
    SELECT
        letter_id, id, type, queue, payload, submitted_by_id, reason, message, errors, attempt,
        now(), ''
    FROM dead
)
SELECT id FROM dead
