-- As lock_limits.sql, but leaves out what another admission has locked: that must not be waited for
-- while others are held.
SELECT name FROM jobs_limit WHERE name = ANY(%(names)s::text[]) ORDER BY name
FOR NO KEY UPDATE SKIP LOCKED
