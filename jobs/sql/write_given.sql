-- Writes what is told of those before them, and whether their client has left, to jobs that the present
-- transaction has inserted.
UPDATE jobs_job AS job
SET given = new.given, client_left_at = new.client_left_at
FROM unnest(%(ids)s::uuid[], %(given)s::jsonb[], %(client_left_ats)s::timestamptz[])
    AS new (id, given, client_left_at)
WHERE job.id = ANY (ARRAY[new.id])
