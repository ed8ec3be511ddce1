-- Writes what is told of those before them to jobs that the present transaction has inserted.
UPDATE jobs_job AS job
SET given = new.given
FROM unnest(%(ids)s::uuid[], %(given)s::jsonb[]) AS new (id, given)
WHERE job.id = ANY (ARRAY[new.id])
