-- Who has done anything: the index of actors is read from one name to the next, never through.
WITH RECURSIVE actor AS (
    (SELECT actor_name FROM jobs_event ORDER BY actor_name LIMIT 1)
    UNION ALL
    SELECT (
        SELECT event.actor_name FROM jobs_event AS event
        WHERE event.actor_name > actor.actor_name
        ORDER BY event.actor_name LIMIT 1
    )
    FROM actor
    WHERE actor.actor_name IS NOT NULL
)
SELECT actor_name FROM actor WHERE actor_name <> '' LIMIT %(limit)s
