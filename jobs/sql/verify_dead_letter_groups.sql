-- The counts of each group are those of its dead letters.
SELECT
    coalesce(counted.fingerprint, stored.fingerprint) AS subject,
    CASE
        WHEN coalesce(counted.waiting, 0) <> coalesce(stored.waiting, 0)
            THEN coalesce(stored.waiting, 0) || ' wait, but '
                || coalesce(counted.waiting, 0) || ' are counted'
        WHEN coalesce(counted.interrupted, 0) <> coalesce(stored.interrupted, 0)
            THEN coalesce(stored.interrupted, 0) || ' are interrupted, but '
                || coalesce(counted.interrupted, 0) || ' are counted'
    END AS problem
FROM (
    SELECT fingerprint, sum(waiting) AS waiting, sum(interrupted) AS interrupted
    FROM jobs_deadlettercount GROUP BY fingerprint
) AS counted
FULL JOIN (
    SELECT
        fingerprint, count(*) AS waiting, count(*) FILTER (WHERE reason = 'interrupted') AS interrupted
    FROM jobs_deadletter
    WHERE resolution = '' GROUP BY fingerprint
) AS stored ON stored.fingerprint = counted.fingerprint
