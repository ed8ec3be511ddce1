-- Takes a client's jobs from it, a batch at a time, the newest first: see `client_detach`. Returns the
-- last id that was read, and how many there were. SKIP LOCKED: what a worker records at this moment
-- must not wait; the deletion of the user itself detaches what is left. Below the last id, because
-- an index still names the rows that the batches before have detached.
WITH batch AS (
    SELECT id FROM jobs_job
    WHERE submitted_by_id = %(user_id)s::user_id AND id < %(below)s::uuid
    ORDER BY id DESC
    LIMIT %(limit)s
), held AS (
    SELECT id FROM jobs_job WHERE id IN (SELECT id FROM batch) ORDER BY id FOR UPDATE SKIP LOCKED
), detached AS (
    UPDATE jobs_job
    SET submitted_by_id = NULL, idempotency_key = NULL, client_left_at = statement_timestamp()
    WHERE id IN (SELECT id FROM held)
)
SELECT (SELECT id FROM batch ORDER BY id LIMIT 1), (SELECT count(*) FROM batch)
