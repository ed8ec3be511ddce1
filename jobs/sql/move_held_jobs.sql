-- Jobs that have room under the limit that they waited at wait at another one now.
UPDATE jobs_job AS job
SET held_by = move.name
FROM unnest(%(ids)s::uuid[], %(names)s::text[]) AS move (id, name)
WHERE job.id = ANY (ARRAY[move.id]) AND job.state = 'queued' AND job.held_by IS NOT NULL
