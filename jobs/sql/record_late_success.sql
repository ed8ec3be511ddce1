-- dead -> succeeded: a worker that was only frozen reports a success after its attempt had been
-- given up as interrupted, and no person has decided about the dead letter yet.
WITH letters AS (
    UPDATE jobs_deadletter AS letter
    SET resolution = 'settled', resolved_at = now()
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS late (id, attempt)
    WHERE letter.job_id = ANY (ARRAY[late.id])
        AND letter.attempt = ANY (ARRAY[late.attempt])  -- never joined by it: attempts are alike
        AND letter.reason = 'interrupted'
        AND letter.resolution = ''
    RETURNING letter.job_id
), succeeded AS (
    UPDATE jobs_job AS job
    SET state = 'succeeded', finished_at = now()
    FROM letters
    WHERE job.id = ANY (ARRAY[letters.job_id])
        AND CASE WHEN job.state = 'dead' THEN true ELSE false END  -- as in record_succeeded.sql
    RETURNING job.id, job.effect_key
), processed AS (
    INSERT INTO jobs_processedkey AS key (key, job_id, created_at, processed_at)
    SELECT effect_key, id, now(), now() FROM succeeded
    WHERE effect_key <> id::text
    ON CONFLICT (key) DO UPDATE SET processed_at = excluded.processed_at
    WHERE key.job_id = excluded.job_id
)
SELECT id FROM succeeded
