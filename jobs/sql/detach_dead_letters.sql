-- The same for dead letters that a client submitted or a person decided about. The latter are found
-- by reading all of them once, in the order of ids, as no index is worth its writes for that.
WITH batch AS (
    SELECT id FROM jobs_deadletter
    WHERE id < %(below)s::uuid
        AND (submitted_by_id = %(user_id)s::user_id OR resolved_by_id = %(user_id)s::user_id)
    ORDER BY id DESC
    LIMIT %(limit)s
), held AS (
    SELECT id FROM jobs_deadletter WHERE id IN (SELECT id FROM batch)
    ORDER BY id FOR UPDATE SKIP LOCKED
), detached AS (
    UPDATE jobs_deadletter SET
        submitted_by_id = nullif(submitted_by_id, %(user_id)s::user_id),
        resolved_by_id = nullif(resolved_by_id, %(user_id)s::user_id)
    WHERE id IN (SELECT id FROM held)
)
SELECT (SELECT id FROM batch ORDER BY id LIMIT 1), (SELECT count(*) FROM batch)
