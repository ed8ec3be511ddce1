-- Counts all dead letters anew. One statement sees one snapshot: what the triggers have written that
-- it sees is about dead letters that it sees, and goes; what it does not see stays, and is added.
-- Returns how many groups wait.
WITH former AS (
    DELETE FROM jobs_deadlettercount
), counted AS (
    INSERT INTO jobs_deadlettercount (
        fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
    )
    SELECT
        fingerprint, min(type), date_trunc('hour', created_at, 'UTC'), 3600,
        count(*) FILTER (WHERE resolution = ''),
        count(*) FILTER (WHERE resolution = '' AND reason = 'interrupted'), count(*), true
    FROM jobs_deadletter
    GROUP BY 1, 3
    RETURNING fingerprint, waiting
)
SELECT count(DISTINCT fingerprint) FROM counted WHERE waiting > 0
