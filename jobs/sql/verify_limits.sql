-- No limit has more slots in use than it allows, unless it was lowered less long ago than its newest slot.
-- What was admitted by the former rule within a second of the new one is no fault: another transaction may
-- not have seen it yet. Nor is anything while jobs that were there before still come under the limit.
SELECT
    at.name AS subject,
    CASE
        WHEN at.is_adopted
            AND at.max_concurrency < slots.count
            AND slots.newest_at > at.set_at + interval '1 second'
            THEN slots.count || ' slots in use, and ' || at.max_concurrency || ' allowed'
    END AS problem
FROM jobs_limit AS at
CROSS JOIN LATERAL (
    SELECT count(*) AS count, max(admitted_at) AS newest_at
    FROM jobs_slot
    WHERE limit_name = at.name
) AS slots
