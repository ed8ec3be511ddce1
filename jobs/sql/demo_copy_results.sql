-- Results of the demonstration (jobs/services/demo), a line each, in the order of `ResultRow`.
COPY jobs_jobresult (job_id, value, created_at, problem) FROM STDIN
