-- What has been done at all: the index of actions is read from one to the next, never through.
WITH RECURSIVE done AS (
    (SELECT action FROM jobs_event ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (
        SELECT event.action FROM jobs_event AS event
        WHERE event.action > done.action ORDER BY event.action LIMIT 1
    )
    FROM done
    WHERE done.action IS NOT NULL
)
SELECT action FROM done WHERE action IS NOT NULL LIMIT %(limit)s
