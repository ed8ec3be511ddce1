-- No job runs without a live worker for longer than a rescue may take. Silence counts from the
-- start of PostgreSQL at the earliest.
SELECT
    job.id::text AS subject,
    CASE
        WHEN greatest(worker.heartbeat_at, job.claimed_at, pg_postmaster_start_time())
            < now() - %(rescue_seconds)s * interval '1 second'
            THEN 'running, but its worker ' || coalesce(worker.name, job.worker_id::text)
                || ' is gone'
    END AS problem
FROM jobs_job AS job
LEFT JOIN jobs_worker AS worker ON worker.id = job.worker_id
WHERE job.state = 'running'
