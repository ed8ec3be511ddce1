-- Writes which URLs are called when jobs are final that the present transaction has inserted. The
-- INSERT statements are left as they are for all the jobs without one.
UPDATE jobs_job AS job
SET callback_url = new.callback_url
FROM unnest(%(ids)s::uuid[], %(callback_urls)s::text[]) AS new (id, callback_url)
WHERE job.id = ANY (ARRAY[new.id])
