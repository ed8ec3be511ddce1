-- The clients of each group, at most `limit`: one step through the index for each client, however
-- many dead letters it has.
SELECT
    wanted.fingerprint,
    (
        WITH RECURSIVE clients AS (
            (
                SELECT submitted_by_id AS id FROM jobs_deadletter
                WHERE fingerprint = wanted.fingerprint AND resolution = ''
                    AND submitted_by_id IS NOT NULL
                ORDER BY submitted_by_id LIMIT 1
            )
            UNION ALL
            SELECT (
                SELECT submitted_by_id FROM jobs_deadletter
                WHERE fingerprint = wanted.fingerprint AND resolution = ''
                    AND submitted_by_id > clients.id
                ORDER BY submitted_by_id LIMIT 1
            )
            FROM clients WHERE clients.id IS NOT NULL
        )
        SELECT array_agg(first_ones.id) FROM (
            SELECT id FROM clients WHERE id IS NOT NULL LIMIT %(limit)s
        ) AS first_ones
    )
FROM unnest(%(fingerprints)s::text[]) AS wanted (fingerprint)
