-- A redrive counts each dead letter that it has replayed once, and those of which the end is known.
-- Dead letters that were pruned are counted, but are not there any more.
WITH counted AS (
    SELECT
        redrive_id,
        count(*) AS letters,
        count(*) FILTER (WHERE resolution <> 'replayed') AS undecided,
        count(*) FILTER (WHERE replay_ended <> '') AS ended,
        count(*) FILTER (WHERE replay_ended = 'dead') AS failed
    FROM jobs_deadletter
    WHERE redrive_id IS NOT NULL
    GROUP BY redrive_id
)
SELECT
    redrive.id::text AS subject,
    CASE
        WHEN counted.undecided > 0
            THEN 'dead letters of it were not replayed: ' || counted.undecided
        WHEN coalesce(counted.letters, 0) > redrive.replayed
            THEN 'it has replayed ' || counted.letters || ', but counts ' || redrive.replayed
        WHEN redrive.succeeded + redrive.failed + redrive.ended_otherwise > redrive.replayed
            THEN 'it counts more ends than replays'
        WHEN coalesce(counted.ended, 0)
            > redrive.succeeded + redrive.failed + redrive.ended_otherwise
            THEN 'it counts fewer ends than its dead letters say'
        WHEN coalesce(counted.failed, 0) > redrive.failed
            THEN 'it counts fewer failures than its dead letters say'
        WHEN redrive.state IN ('completed', 'cancelled', 'stopped') AND redrive.ended_at IS NULL
            THEN 'it is ' || redrive.state || ', but says not since when'
    END AS problem
FROM jobs_redrive AS redrive
LEFT JOIN counted ON counted.redrive_id = redrive.id
