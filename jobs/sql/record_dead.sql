-- running -> dead, fenced by worker and attempt, with the complete dead letter. For the form of the
-- fence see record_succeeded.sql, for the errors record_requeued.sql.
WITH dead AS (
    UPDATE jobs_job AS job
    SET state = 'dead',
        finished_at = now(),
        failures = outcome.failures,
        crashes = outcome.crashes,
        errors = job.errors || outcome.errors
    FROM ROWS FROM (
        unnest(
            %(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[], %(failures)s::int[],
            %(crashes)s::int[], %(letter_ids)s::uuid[], %(reasons)s::text[]
        ),
        jsonb_array_elements(%(errors)s::jsonb),
        jsonb_array_elements_text(%(summaries)s::jsonb),
        unnest(%(fingerprints)s::text[])
    ) AS outcome (
        id, attempt, worker_id, failures, crashes, letter_id, reason, errors, summary,
        fingerprint
    )
    WHERE job.id = ANY (ARRAY[outcome.id])
        AND CASE WHEN job.state = 'running'
            THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
            ELSE false END
    RETURNING job.*, outcome.letter_id, outcome.reason, outcome.summary, outcome.fingerprint
), letters AS (
    INSERT INTO jobs_deadletter (
        id, job_id, type, queue, payload, submitted_by_id, reason, error, fingerprint,
        attempts, attempt, created_at, resolution, replay_of
    )
    SELECT
        letter_id, id, type, queue, payload, submitted_by_id, reason, summary, fingerprint,
        errors, attempt, now(), '', replay_of
    FROM dead
), counted AS (
    INSERT INTO jobs_rollup (
        begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count,
        wait_seconds, run_seconds
    )
    SELECT
        date_trunc('minute', now()), 60, queue, type, 'dead',
        width_bucket(date_part('epoch', claimed_at - run_at), %(bounds)s::float8[]),
        width_bucket(date_part('epoch', now() - claimed_at), %(bounds)s::float8[]),
        count(*),
        date_part('epoch', sum(claimed_at - run_at)), date_part('epoch', sum(now() - claimed_at))
    FROM dead
    GROUP BY queue, type, 6, 7
)
SELECT id FROM dead
