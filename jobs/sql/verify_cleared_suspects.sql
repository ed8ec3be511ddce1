-- Clears suspects that Redis knows by now, or that were dispatched, claimed or ended meanwhile.
DELETE FROM verify_suspect AS suspect
WHERE EXISTS (SELECT 1 FROM verify_known WHERE verify_known.id = suspect.id)
    OR NOT EXISTS (
        SELECT 1 FROM jobs_job AS job
        WHERE job.id = suspect.id AND job.state = 'queued' AND job.dispatched_at = suspect.dispatched_at
            AND job.held_by IS NULL
    )
