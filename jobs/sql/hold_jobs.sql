-- Holds jobs that this transaction has just inserted, each at the first of its limits, or until it is
-- due. `rank`: see rank_tenants.sql.
UPDATE jobs_job AS job
SET limits = hold.limits,
    fairness_key = hold.fairness_key,
    rank = hold.rank,
    held_by = CASE WHEN job.run_at > statement_timestamp() THEN 'run_at' ELSE hold.limits ->> 0 END
FROM unnest(
    %(ids)s::uuid[], %(limits)s::jsonb[], %(fairness_keys)s::text[], %(ranks)s::bigint[]
) AS hold (id, limits, fairness_key, rank)
WHERE job.id = ANY (ARRAY[hold.id])
