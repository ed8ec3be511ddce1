-- No limit has more slots in use than it allows, unless it was lowered less long ago than its oldest slot.
SELECT
    at.name AS subject,
    CASE
        WHEN at.max_concurrency < slots.count
            AND slots.newest_at > at.set_at
            THEN slots.count || ' slots in use, and ' || at.max_concurrency || ' allowed'
    END AS problem
FROM jobs_limit AS at
CROSS JOIN LATERAL (
    SELECT count(*) AS count, max(admitted_at) AS newest_at
    FROM jobs_slot
    WHERE limit_name = at.name
) AS slots
