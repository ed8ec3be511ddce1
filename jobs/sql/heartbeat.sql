-- Writes a heartbeat, and reads in the same statement what people ask of the worker: one of the few that
-- an idle worker sends. No row if the worker has stopped, or was declared dead.
UPDATE jobs_worker
SET heartbeat_at = statement_timestamp(), rss_bytes = %(rss_bytes)s
WHERE id = %(worker_id)s AND stopped_at IS NULL
RETURNING heartbeat_at, request
