-- Every batch counts each of its jobs that has ended, once, by how it ended; a closed one whose jobs
-- have all ended has its callbacks. Jobs that were pruned are counted, but are not there any more.
WITH counted AS (
    SELECT
        batch_id,
        count(*) AS jobs,
        count(*) FILTER (WHERE state = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'dead') AS failed,
        count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE state = 'expired') AS expired
    FROM jobs_job
    WHERE batch_id IS NOT NULL
    GROUP BY batch_id
)
SELECT
    batch.id::text AS subject,
    CASE
        WHEN coalesce(counted.jobs, 0) > batch.total
            THEN 'it has ' || counted.jobs || ' jobs, but a total of ' || batch.total
        WHEN batch.succeeded + batch.skipped + batch.failed + batch.cancelled + batch.expired
            > batch.total
            THEN 'it counts more ends than it has jobs'
        -- While none is pruned the counts are those of the rows, later they are at least these.
        WHEN (
            batch.succeeded, batch.skipped, batch.failed, batch.cancelled, batch.expired
        ) <> (
            coalesce(counted.succeeded, 0), coalesce(counted.skipped, 0),
            coalesce(counted.failed, 0), coalesce(counted.cancelled, 0),
            coalesce(counted.expired, 0)
        ) AND coalesce(counted.jobs, 0) = batch.total
            THEN 'its counters are not those of its jobs'
        WHEN batch.succeeded < coalesce(counted.succeeded, 0)
            OR batch.skipped < coalesce(counted.skipped, 0)
            OR batch.failed < coalesce(counted.failed, 0)
            OR batch.cancelled < coalesce(counted.cancelled, 0)
            OR batch.expired < coalesce(counted.expired, 0)
            THEN 'it counts fewer ends than there are jobs that have ended'
        WHEN batch.closed_at IS NOT NULL AND batch.completed_at IS NULL
            AND batch.succeeded + batch.skipped + batch.failed + batch.cancelled + batch.expired
                >= batch.total
            THEN 'all its jobs have ended, but it is not completed'
        WHEN batch.completed_at IS NOT NULL AND batch.on_completion IS NOT NULL
            AND batch.completion_job_id IS NULL
            THEN 'it is completed, but its callback was not enqueued'
        WHEN batch.completed_at IS NOT NULL AND batch.callback_url IS NOT NULL
            AND batch.callback_job_id IS NULL
            THEN 'it is completed, but the call of its URL was not enqueued'
        WHEN batch.closed_at IS NOT NULL AND batch.on_success IS NOT NULL
            AND batch.success_job_id IS NULL
            AND batch.succeeded + batch.skipped = batch.total
            THEN 'it has succeeded, but its callback was not enqueued'
    END AS problem
FROM jobs_batch AS batch
LEFT JOIN counted ON counted.batch_id = batch.id
