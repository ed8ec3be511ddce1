-- An admitted job that is not final has a slot under each of its limits, and no other job has one.
SELECT subject, problem FROM (
    SELECT
        job.id::text AS subject,
        CASE
            WHEN count(slot.id) FILTER (WHERE job.limits ? slot.limit_name)
                < jsonb_array_length(job.limits)
                THEN 'admitted, but without a slot under each of its limits'
        END AS problem
    FROM jobs_job AS job
    LEFT JOIN jobs_slot AS slot ON slot.job_id = job.id
    WHERE job.finished_at IS NULL AND job.limits IS NOT NULL AND job.held_by IS NULL
    GROUP BY job.id, job.limits
    UNION ALL
    SELECT
        slot.job_id::text,
        CASE
            WHEN job.id IS NULL THEN 'a slot of a job that is gone'
            WHEN job.finished_at IS NOT NULL THEN 'a slot of a job that has ended'
            WHEN job.held_by IS NOT NULL THEN 'a slot of a job that is held'
        END
    FROM jobs_slot AS slot
    LEFT JOIN jobs_job AS job ON job.id = slot.job_id
) AS checked
