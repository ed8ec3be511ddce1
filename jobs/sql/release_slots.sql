-- Frees the slots of these jobs, and locks their limits in the order of their names for the admission
-- that follows; returns how many came free under each.
WITH freed AS (
    DELETE FROM jobs_slot WHERE job_id = ANY(%(job_ids)s::uuid[]) RETURNING limit_name
), counted AS (
    SELECT limit_name, count(*)::int AS count FROM freed GROUP BY limit_name
), locked AS (
    SELECT name FROM jobs_limit
    WHERE name = ANY (ARRAY(SELECT limit_name FROM counted))
    ORDER BY name
    FOR NO KEY UPDATE
)
SELECT counted.limit_name, counted.count, locked.name IS NOT NULL
FROM counted
LEFT JOIN locked ON locked.name = counted.limit_name
