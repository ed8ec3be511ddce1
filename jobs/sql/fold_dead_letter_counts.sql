-- Counts of periods of `seconds` become those of `into_seconds`, or of the same, together with what
-- is there of these already. In one statement, so that every reader finds the same sums. Returns how
-- many rows it took.
WITH fresh AS (
    SELECT id, fingerprint, date_trunc(%(unit)s, begins_at, 'UTC') AS period
    FROM jobs_deadlettercount
    WHERE seconds = %(seconds)s
        AND begins_at < now() - %(age_seconds)s * interval '1 second'
        AND (%(seconds)s <> %(into_seconds)s OR NOT is_folded)
    ORDER BY begins_at
    LIMIT %(limit)s
), taken AS (
    DELETE FROM jobs_deadlettercount WHERE id = ANY (ARRAY(SELECT id FROM fresh)) RETURNING *
), former AS (
    DELETE FROM jobs_deadlettercount AS former
    USING (SELECT DISTINCT fingerprint, period FROM fresh) AS one
    WHERE former.fingerprint = one.fingerprint AND former.begins_at = one.period
        AND former.seconds = %(into_seconds)s AND former.is_folded
    RETURNING former.*
), folded AS (
    INSERT INTO jobs_deadlettercount (
        fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
    )
    SELECT
        fingerprint, min(type), date_trunc(%(unit)s, begins_at, 'UTC'), %(into_seconds)s,
        sum(waiting), sum(interrupted), sum(deaths), true
    FROM (SELECT * FROM taken UNION ALL SELECT * FROM former) AS counts
    GROUP BY 1, 3
    HAVING sum(waiting) <> 0 OR sum(deaths) <> 0
)
SELECT count(*) FROM taken
