-- Every schedule fires in time while a worker lives that has been there long enough to do it, and no
-- two jobs are of one fire time.
SELECT
    schedule.name AS subject,
    CASE
        WHEN NOT schedule.paused
            AND schedule.due_at < now() - %(rescue_seconds)s * interval '1 second'
            AND NOT (
                schedule.declared_in <> ''
                AND schedule.declared_at < now() - %(declared_seconds)s * interval '1 second'
            )
            AND EXISTS (
                SELECT FROM jobs_worker AS worker
                WHERE worker.stopped_at IS NULL
                    AND worker.heartbeat_at > now() - %(rescue_seconds)s * interval '1 second'
                    AND worker.started_at < now() - %(rescue_seconds)s * interval '1 second'
            )
            THEN 'due since ' || schedule.due_at || ', but no worker fires it'
        WHEN EXISTS (
            SELECT FROM (
                SELECT idempotency_key FROM jobs_job
                WHERE schedule_id = schedule.id ORDER BY id DESC LIMIT 1000
            ) AS job
            GROUP BY idempotency_key
            HAVING count(idempotency_key) > 1
        )
            THEN 'more than one job has the key of one fire time'
    END AS problem
FROM jobs_schedule AS schedule
