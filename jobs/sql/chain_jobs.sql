-- The ids of the jobs of a chain, in their order: each names the one after it. By primary key, a
-- hundred at most; an index by chain would cost every insert.
WITH RECURSIVE link AS (
    SELECT id, given->'chain'->>'next' AS next_id, 1 AS number
    FROM jobs_job
    WHERE id = %(id)s AND given->'chain'->>'id' = id::text
    UNION ALL
    SELECT job.id, job.given->'chain'->>'next', link.number + 1
    FROM link
    JOIN jobs_job AS job ON job.id = link.next_id::uuid
    WHERE link.number < %(limit)s
)
SELECT id FROM link ORDER BY number
