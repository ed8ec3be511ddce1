-- Finds queued jobs that must be missing from their lists (queue and priority), because they were
-- dispatched between two moments, and dates their dispatch anew. Lists are first-in first-out.
-- `dispatched_since` spares the way over what has left the index: a transaction that keeps dead tuples
-- keeps its entries, too. What is found is then looked up by primary key: see record_succeeded.sql.
-- Only one of several workers at a time: `is_mine` says whether it was this one. In one statement, which
-- is its own transaction where there is no other: four were as many as all else that an idle worker sends.
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtext('jobs.redispatch')) AS is_mine
), lost AS (
    SELECT job.id
    FROM turn
    CROSS JOIN unnest(
        %(queues)s::text[], %(priorities)s::smallint[], %(dispatched_since)s::timestamptz[],
        %(dispatched_before)s::timestamptz[]
    ) AS list (queue, priority, dispatched_since, dispatched_before)
    CROSS JOIN LATERAL (
        SELECT id
        FROM jobs_job
        WHERE state = 'queued'
            AND held_by IS NULL
            AND queue = list.queue
            AND priority = list.priority
            AND dispatched_at >= list.dispatched_since
            AND dispatched_at < list.dispatched_before
        ORDER BY dispatched_at
        LIMIT %(limit)s
    ) AS job
    WHERE turn.is_mine
), dispatched AS (
    UPDATE jobs_job AS job
    SET dispatched_at = statement_timestamp()
    FROM (
        SELECT id
        FROM jobs_job
        WHERE id = ANY (ARRAY(SELECT id FROM lost)) AND state || '' = 'queued' AND held_by IS NULL
        FOR UPDATE SKIP LOCKED
    ) AS held
    WHERE job.id = ANY (ARRAY[held.id])
    RETURNING job.id, job.effect_key, job.queue, job.priority
)
SELECT turn.is_mine, dispatched.*
FROM turn
LEFT JOIN dispatched ON true
