-- running -> cancelled, fenced by worker and attempt. For the form of the fence see
-- record_succeeded.sql. Returns the jobs that were written.
WITH cancelled AS (
    UPDATE jobs_job AS job
    SET state = 'cancelled', finished_at = now()
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[])
        AS outcome (id, attempt, worker_id)
    WHERE job.id = ANY (ARRAY[outcome.id])
        AND CASE WHEN job.state = 'running'
            THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
            ELSE false END
    RETURNING job.id, job.queue, job.type, job.run_at, job.claimed_at
), counted AS (
    INSERT INTO jobs_rollup (
        begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count,
        wait_seconds, run_seconds
    )
    SELECT
        date_trunc('minute', now()), 60, queue, type, 'cancelled',
        width_bucket(date_part('epoch', claimed_at - run_at), %(bounds)s::float8[]),
        width_bucket(date_part('epoch', now() - claimed_at), %(bounds)s::float8[]),
        count(*),
        date_part('epoch', sum(claimed_at - run_at)), date_part('epoch', sum(now() - claimed_at))
    FROM cancelled
    GROUP BY queue, type, 6, 7
)
SELECT id FROM cancelled
