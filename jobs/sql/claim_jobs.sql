-- Claims jobs that are queued, due, admitted, not expired and not owned by another job, for a worker
-- that has not stopped. A job that has errors has begun in time, and expires no more.
-- A key that several jobs share is taken first: the unique index lets one of them through.
-- SKIP LOCKED: a transaction that holds a row is claiming, cancelling or replaying that job.
--
-- A claim is full once its payloads have `payload_bytes` together. The jobs that come later in the
-- order of `ids` stay as they are; `first_left` is the position of the first of these, counted from
-- 1, or NULL. A payload counts as large as it is in memory. PostgreSQL has that at hand unless the
-- payload is compressed, as large rows are; such a one is unpacked, because an array keeps its
-- elements unpacked. Sizes are summed up row by row only where they do not all fit: a window over
-- every claim took twice as long as this.
-- Measured: 0.25 ms more for 500 small payloads, where the claim takes 6.5 ms of PostgreSQL's time.
--
-- This plan is kept, so it must suit tables of any size. The conditions are written so that only
-- the primary keys can serve: a CASE matches no partial index and is not taken for a filter that
-- leaves few rows, `= ANY (ARRAY[...])` rules out a merge join over a whole index, and `IN` and `=`,
-- unlike EXISTS, a scan of all keys. Whose key is whose is decided before the UPDATE (`owned`): as a
-- filter of its table, and with no keys at all, it made a scan of 3,000 jobs for each of 500 look cheap
-- where plans are not kept: 188 ms.
WITH wanted AS (
    SELECT
        job.id, job.effect_key, fetched.position,
        CASE WHEN pg_column_compression(job.payload) IS NULL
            THEN pg_column_size(job.payload)
            ELSE pg_column_size(ARRAY[job.payload]) END AS size
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS fetched (id, position)
    JOIN jobs_job AS job ON job.id = ANY (ARRAY[fetched.id])
    WHERE CASE WHEN job.state = 'queued'
            THEN job.run_at <= statement_timestamp() AND job.held_by IS NULL
                AND (
                    job.expires_at IS NULL OR job.expires_at > statement_timestamp()
                    OR job.errors <> '[]'
                )
            ELSE false END
        AND EXISTS (
            SELECT 1 FROM jobs_worker WHERE id = %(worker_id)s AND stopped_at IS NULL
        )
    FOR UPDATE OF job SKIP LOCKED
), first_left AS (
    SELECT CASE WHEN sum(size) > %(payload_bytes)s THEN (
        SELECT min(position)
        FROM (
            SELECT position, sum(size) OVER (ORDER BY position) - size AS size_before FROM wanted
        ) AS summed
        WHERE size_before >= %(payload_bytes)s
    ) END AS position
    FROM wanted
), taken AS (
    INSERT INTO jobs_processedkey (key, job_id, created_at)
    SELECT effect_key, id, now()
    FROM wanted
    WHERE effect_key <> id::text
        AND coalesce(position < (SELECT position FROM first_left), true)
    ORDER BY effect_key  -- two workers that take the same keys must not deadlock
    ON CONFLICT (key) DO NOTHING
    RETURNING job_id
), owned AS (
    SELECT id
    FROM wanted
    WHERE coalesce(position < (SELECT position FROM first_left), true)
        AND (
            effect_key = id::text
            OR id IN (SELECT job_id FROM taken)
            OR id = (
                SELECT held.job_id FROM jobs_processedkey AS held
                WHERE held.key = wanted.effect_key AND held.processed_at IS NULL
            )
        )
)
UPDATE jobs_job AS job
SET state = 'running',
    worker_id = %(worker_id)s,
    attempt = job.attempt + 1,
    claimed_at = now(),
    started_at = NULL
FROM owned
WHERE job.id = ANY (ARRAY[owned.id])
RETURNING
    job.id, job.type, job.queue, job.priority, job.payload, job.effect_key, job.attempt,
    job.failures, job.crashes, job.max_retries, job.worker_id, job.limits,
    job.request_id, job.traceparent,
    job.batch_id IS NOT NULL OR job.next_jobs IS NOT NULL OR job.callback_url IS NOT NULL
        AS is_followed,
    job.given,
    date_part('epoch', now() - job.run_at) AS waited_seconds,
    (SELECT position FROM first_left) AS first_left
