-- Deletes limits of keys that hold nothing and allow all that they may; admission makes them again. And
-- fair shares that are behind their queue: a tenant without one begins there as well.
WITH idle AS (
    SELECT name FROM jobs_limit AS at
    WHERE name LIKE 'key:%%'
        AND NOT is_override
        AND refilled_at < now() - greatest(3600, 2 * coalesce(rate_seconds, 0)) * interval '1 second'
        AND NOT EXISTS (SELECT 1 FROM jobs_slot WHERE limit_name = at.name)
        AND NOT EXISTS (SELECT 1 FROM jobs_job WHERE state = 'queued' AND held_by = at.name)
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), limits AS (
    DELETE FROM jobs_limit WHERE name IN (SELECT name FROM idle) RETURNING 1
), behind AS (
    SELECT share.id
    FROM jobs_fairshare AS share
    LEFT JOIN jobs_limit AS at ON at.name = share.limit_name
    WHERE share.last_rank <= coalesce(at.current_rank, share.last_rank)
    LIMIT %(limit)s
    FOR UPDATE OF share SKIP LOCKED
), shares AS (
    DELETE FROM jobs_fairshare WHERE id IN (SELECT id FROM behind) RETURNING 1
)
SELECT (SELECT count(*) FROM limits) + (SELECT count(*) FROM shares)
