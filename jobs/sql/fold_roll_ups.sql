-- Rows of short periods that have ended become rows of longer ones, or of the same, with the sum of
-- their counts. `seconds`: of the periods that are folded; `unit` and `into_seconds`: of those that
-- they become, which begin at multiples of `into_seconds` where that is no unit of the calendar (NULL).
-- Only whole ones. In one statement, so that every reader finds the same sums. Returns how many rows it
-- took.
WITH taken AS (
    DELETE FROM jobs_rollup
    WHERE id = ANY (ARRAY(
        SELECT id
        FROM jobs_rollup
        WHERE seconds = %(seconds)s
            AND begins_at < coalesce(
                date_trunc(%(unit)s::text, now() - %(age_seconds)s * interval '1 second', 'UTC'),
                date_bin(
                    %(into_seconds)s * interval '1 second',
                    now() - %(age_seconds)s * interval '1 second',
                    to_timestamp(0)
                )
            )
            AND (%(seconds)s <> %(into_seconds)s OR NOT is_folded)
        ORDER BY begins_at
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING *
), folded AS (
    INSERT INTO jobs_rollup (
        begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count,
        wait_seconds, run_seconds, is_folded
    )
    SELECT
        coalesce(
            date_trunc(%(unit)s::text, begins_at, 'UTC'),
            date_bin(%(into_seconds)s * interval '1 second', begins_at, to_timestamp(0))
        ),
        %(into_seconds)s, queue, type, outcome, wait_bucket, run_bucket,
        sum(count), sum(wait_seconds), sum(run_seconds), true
    FROM taken
    GROUP BY 1, queue, type, outcome, wait_bucket, run_bucket
)
SELECT count(*) FROM taken
