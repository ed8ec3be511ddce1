-- Schedules whose fire time comes within the next seconds, or has just come, and the version of each row (`xmin`: the
-- transaction that has written it), the first ones first. One share of them: with several live workers each
-- gets others. Those that mind what became of their last job are left out, and those that are held.
SELECT id, xmin::text
FROM jobs_schedule
WHERE NOT paused
    AND due_at > statement_timestamp() - %(late_seconds)s * interval '1 second'
    AND due_at <= statement_timestamp() + %(seconds)s * interval '1 second'
    AND due_at = next_fire_at
    AND overlap = 'allow'
    AND held_since IS NULL
    AND NOT (
        declared_in > ''
        AND declared_at < statement_timestamp() - %(declared_for_seconds)s * interval '1 second'
    )
    AND (hashtext(id::text) & 2147483647) %% %(shares)s = %(share)s
ORDER BY due_at, id
LIMIT %(limit)s
