-- running -> succeeded, fenced by worker and attempt, with the processed key in the same statement.
-- A job that is its own key leaves none: its row says as much (docs/decisions/0004), and lets go of
-- the text, which repeats its id (docs/decisions/0033).
-- Returns the jobs that were written; they are counted in the same statement (RollUp).
--
-- Only the primary key can serve, as in claim_jobs.sql. The fence is one CASE, so that no part of it
-- is a join of its own: hashed by attempt and worker, which a batch has in common, 200 outcomes were
-- compared with every row that runs. And PostgreSQL does not take it for a filter that leaves few
-- rows. Measured without a kept plan, 200 of 20,000 jobs: 1.4 ms instead of 400 to 600.
--
-- `date_part` gives float8, and `extract` numeric, whose cast takes 0.6 us more a value.
WITH succeeded AS (
    UPDATE jobs_job AS job
    SET state = 'succeeded',
        finished_at = now(),
        effect_key = CASE WHEN job.effect_key = job.id::text THEN '' ELSE job.effect_key END
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[])
        AS outcome (id, attempt, worker_id)
    WHERE job.id = ANY (ARRAY[outcome.id])
        AND CASE WHEN job.state = 'running'
            THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
            ELSE false END
    RETURNING job.id, job.effect_key, job.queue, job.type, job.run_at, job.claimed_at
), processed AS (
    INSERT INTO jobs_processedkey AS key (key, job_id, created_at, processed_at)
    SELECT effect_key, id, now(), now() FROM succeeded
    WHERE effect_key <> ''
    ON CONFLICT (key) DO UPDATE SET processed_at = excluded.processed_at
    WHERE key.job_id = excluded.job_id
), counted AS (
    INSERT INTO jobs_rollup (
        begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count,
        wait_seconds, run_seconds
    )
    SELECT
        date_trunc('minute', now()), 60, queue, type, 'succeeded',
        width_bucket(date_part('epoch', claimed_at - run_at), %(bounds)s::float8[]),
        width_bucket(date_part('epoch', now() - claimed_at), %(bounds)s::float8[]),
        count(*),
        date_part('epoch', sum(claimed_at - run_at)), date_part('epoch', sum(now() - claimed_at))
    FROM succeeded
    GROUP BY queue, type, 6, 7
)
SELECT id FROM succeeded
