-- Looks how the replays of a redrive have ended, from `after` on; writes it at the dead letters.
-- A job that died again has a later dead letter, whatever has become of it since. Returns the last
-- dead letter that was looked at, how many were, and for each state how many have ended in it.
WITH pending AS (
    SELECT id, job_id, attempt FROM jobs_deadletter
    WHERE redrive_id = %(redrive_id)s AND replay_ended = ''
        AND (%(after)s::uuid IS NULL OR id > %(after)s)
    ORDER BY id
    LIMIT %(limit)s
), seen AS (
    SELECT
        pending.id,
        CASE
            WHEN EXISTS (
                SELECT FROM jobs_deadletter AS later
                WHERE later.job_id = pending.job_id AND later.attempt > pending.attempt
            ) THEN 'dead'
            WHEN job.finished_at IS NOT NULL THEN job.state
            ELSE ''
        END AS ended
    FROM pending JOIN jobs_job AS job ON job.id = pending.job_id
), written AS (
    UPDATE jobs_deadletter AS letter SET replay_ended = seen.ended
    FROM seen
    WHERE letter.id = seen.id AND seen.ended <> ''
    RETURNING seen.ended
)
SELECT
    (SELECT id FROM pending ORDER BY id DESC LIMIT 1),
    (SELECT count(*) FROM pending),
    coalesce(
        (SELECT jsonb_object_agg(ended, number) FROM (
            SELECT ended, count(*) AS number FROM written GROUP BY ended
        ) AS counted),
        '{}'
    )
