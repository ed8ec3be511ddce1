-- What handed-over slots leave behind at fair queues: the rank that each has come to, and its pace in jobs
-- a second, as in settle_limits.sql. A timer looks soon, in case that the window has grown. A limit that an
-- admission holds is not waited for; returns those, whose figures the caller keeps for the next time.
WITH free AS (
    SELECT name FROM jobs_limit WHERE name = ANY(%(names)s::text[])
    ORDER BY name
    FOR NO KEY UPDATE SKIP LOCKED
), settled AS (
    UPDATE jobs_limit AS at
    SET current_rank = greatest(at.current_rank, turn.rank),
        pace = jobs_pace_at(at.pace, at.paced_at, clock_timestamp(), %(pace_seconds)s)
            + turn.ended / %(pace_seconds)s,
        paced_at = clock_timestamp(),
        look_at = least(at.look_at, clock_timestamp() + interval '0.2 seconds')
    FROM unnest(%(names)s::text[], %(ranks)s::bigint[], %(ended)s::float8[])
        AS turn (name, rank, ended)
    WHERE at.name = turn.name AND at.name IN (SELECT name FROM free)
    RETURNING at.name
)
SELECT name FROM jobs_limit
WHERE name = ANY(%(names)s::text[]) AND name NOT IN (SELECT name FROM settled)
