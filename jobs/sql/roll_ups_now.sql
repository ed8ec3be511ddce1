-- Everything that has ended, three times added up in one pass: by queue, type and outcome; by queue and wait;
-- by queue and run time. `by` tells which of these a row is of, see GROUPING.
SELECT
    grouping(type, wait_bucket, run_bucket) AS by, queue, type, outcome,
    coalesce(wait_bucket, run_bucket) AS bucket, sum(count)::bigint AS total,
    coalesce(CASE WHEN grouping(wait_bucket) = 0 THEN sum(wait_seconds) ELSE sum(run_seconds) END, 0)
        AS seconds
FROM jobs_rollup
GROUP BY GROUPING SETS ((queue, type, outcome), (queue, wait_bucket), (queue, run_bucket))
ORDER BY queue, type, outcome
