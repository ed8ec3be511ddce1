-- Clears suspects that Redis knows by now, or that were dispatched, claimed or ended meanwhile.
DELETE FROM verify_suspect AS suspect
WHERE NOT EXISTS (
        SELECT 1 FROM jobs_job AS job
        WHERE job.id = suspect.id AND job.state = 'queued' AND job.dispatched_at = suspect.dispatched_at
            AND job.held_by IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM verify_known AS known
                WHERE known.id = job.id AND known.queue = job.queue
                    AND known.priority = job.priority
            )
    )
