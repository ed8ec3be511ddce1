-- Processed keys of the demonstration (jobs/services/demo), a line each, in the order of `KeyRow`.
COPY jobs_processedkey (key, job_id, created_at, processed_at) FROM STDIN
