-- Takes ranks in a fair queue: each tenant goes on from the later of its own last rank and the rank
-- that the queue has come to (start-time fair queuing). Returns the last rank of each; the `count`
-- ranks up to it are the caller's. Sorted, so that two transactions cannot deadlock.
INSERT INTO jobs_fairshare AS share (limit_name, fairness_key, last_rank)
SELECT taken.limit_name, taken.fairness_key, at.current_rank + taken.count
FROM unnest(%(limit_names)s::text[], %(fairness_keys)s::text[], %(counts)s::bigint[])
    AS taken (limit_name, fairness_key, count)
JOIN jobs_limit AS at ON at.name = taken.limit_name
ORDER BY taken.limit_name, taken.fairness_key
ON CONFLICT (limit_name, fairness_key) DO UPDATE
SET last_rank = greatest(
        share.last_rank,
        (SELECT current_rank FROM jobs_limit WHERE name = excluded.limit_name)
    ) + excluded.last_rank
        - (SELECT current_rank FROM jobs_limit WHERE name = excluded.limit_name)
RETURNING limit_name, fairness_key, last_rank
