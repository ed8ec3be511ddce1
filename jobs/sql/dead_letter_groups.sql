-- The largest groups of waiting dead letters: counts from what triggers and the timer keep up, the
-- first and the last dead letter by one step through an index each: BETWEEN, because with an equality
-- the planner may go through the ids of all groups instead.
WITH counted AS (
    SELECT
        fingerprint, min(type) AS type, sum(waiting) AS waiting, sum(interrupted) AS interrupted
    FROM jobs_deadlettercount
    WHERE (%(fingerprint)s::text IS NULL OR fingerprint = %(fingerprint)s)
        AND (%(type)s::text IS NULL OR type = %(type)s)
    GROUP BY fingerprint
    HAVING sum(waiting) > 0
    ORDER BY waiting DESC, fingerprint
    LIMIT %(limit)s
)
SELECT
    counted.fingerprint, counted.type, counted.waiting::bigint, counted.interrupted::bigint,
    first.created_at AS first_seen, last.created_at AS last_seen,
    last.id AS last_id, last.error, last.reason, last.queue,
    coalesce(said.assigned_to, '') AS assigned_to, said.muted_until, coalesce(said.muted_by, '')
FROM counted
CROSS JOIN LATERAL (
    SELECT created_at FROM jobs_deadletter
    WHERE fingerprint BETWEEN counted.fingerprint AND counted.fingerprint AND resolution = ''
    ORDER BY fingerprint, id LIMIT 1
) AS first
CROSS JOIN LATERAL (
    SELECT id, created_at, error, reason, queue FROM jobs_deadletter
    WHERE fingerprint BETWEEN counted.fingerprint AND counted.fingerprint AND resolution = ''
    ORDER BY fingerprint DESC, id DESC LIMIT 1
) AS last
LEFT JOIN jobs_deadlettergroup AS said ON said.fingerprint = counted.fingerprint
