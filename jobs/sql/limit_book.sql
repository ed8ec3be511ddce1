-- The limits of queues and types, a handful; and a row without a name if there is any limit at all, or a
-- job that one holds.
SELECT name, is_fair FROM jobs_limit WHERE name LIKE 'queue:%%' OR name LIKE 'type:%%'
UNION ALL
SELECT '', false
WHERE EXISTS (SELECT 1 FROM jobs_limit)
    OR EXISTS (SELECT 1 FROM jobs_job WHERE state = 'queued' AND held_by IS NOT NULL)
