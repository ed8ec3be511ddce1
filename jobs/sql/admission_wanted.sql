-- Whether the timer has anything to admit, or a limit that jobs have to come under: one short look instead
-- of a transaction of seven round trips in each worker, twenty times a second.
SELECT
    EXISTS (SELECT 1 FROM jobs_limit WHERE look_at <= statement_timestamp())
    OR EXISTS (
        SELECT 1 FROM jobs_job
        WHERE state = 'queued' AND held_by = 'run_at' AND run_at <= statement_timestamp()
    )
    OR EXISTS (
        SELECT 1 FROM jobs_limit
        WHERE (name LIKE 'queue:%%' OR name LIKE 'type:%%') AND NOT is_adopted
    )
