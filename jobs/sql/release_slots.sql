-- Frees the slots of these jobs; returns how many under each limit.
WITH freed AS (
    DELETE FROM jobs_slot WHERE job_id = ANY(%(job_ids)s::uuid[]) RETURNING limit_name
)
SELECT limit_name, count(*)::int FROM freed GROUP BY limit_name ORDER BY limit_name
