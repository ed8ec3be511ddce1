-- What may be there for a worker's timers to do, in one question in place of one for each. Measured: an
-- idle worker sends 2.3 statements a second instead of 21, BEGIN and COMMIT among them.
-- Each part is found by a small index: `min` makes sure of that where statistics would not.
-- `limits` is what limit_book.sql says, whose text stands where its name does.
SELECT
    statement_timestamp() AS at,
    ARRAY(SELECT name FROM jobs_queue WHERE paused_at IS NOT NULL) AS paused_queues,
    EXISTS (SELECT FROM jobs_redrive WHERE settled_at IS NULL) AS has_redrives,
    EXISTS (
        SELECT FROM jobs_batch WHERE cancel_requested_at IS NOT NULL AND completed_at IS NULL
    ) AS has_cancelled_batches,
    coalesce(
        (
            SELECT min(expires_at) FROM jobs_job
            WHERE state = 'queued' AND expires_at IS NOT NULL AND errors = '[]'
        ) <= statement_timestamp(),
        false
    ) AS has_overdue_jobs,
    EXISTS (
        SELECT FROM jobs_worker
        WHERE stopped_at >= statement_timestamp() - %(stopped_for)s * interval '1 second'
    ) OR EXISTS (
        SELECT FROM jobs_worker
        WHERE stopped_at IS NULL AND (
            heartbeat_at < statement_timestamp() - %(silent_for)s * interval '1 second'
            OR heartbeat_at > statement_timestamp() + %(silent_for)s * interval '1 second'
        )
    ) AS has_gone_workers,
    EXISTS (SELECT FROM jobs_deadlettercount WHERE NOT is_folded)
        OR EXISTS (SELECT FROM jobs_deadlettergroup WHERE muted_until IS NOT NULL)
        AS has_dead_letter_counts,
    extract(
        epoch FROM (
            SELECT min(due_at) FROM jobs_schedule
            WHERE NOT paused AND due_at IS NOT NULL AND NOT (
                declared_in > '' AND declared_at IS NOT NULL
                AND declared_at < statement_timestamp() - %(declared_for)s * interval '1 second'
            )
        ) - statement_timestamp()
    )::float AS seconds_to_schedule,
    (
        SELECT coalesce(jsonb_object_agg(name, is_fair), '{}')
        FROM ({limit_book}) AS book
    ) AS limits
