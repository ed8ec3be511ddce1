-- dead -> queued: the jobs of dead letters that the present transaction has locked run again, with a
-- new retry budget; their errors are kept. `payload`, `effect_key`, `limits`: what a job gets with
-- another payload, else null.
UPDATE jobs_job AS job
SET state = 'queued',
    worker_id = NULL,
    claimed_at = NULL,
    started_at = NULL,
    finished_at = NULL,
    failures = 0,
    crashes = 0,
    cancel_requested_at = NULL,
    run_at = now(),
    dispatched_at = now(),
    replay_of = one.letter_id,
    payload = coalesce(one.payload, job.payload),
    effect_key = coalesce(one.effect_key, job.effect_key),
    limits = CASE WHEN one.payload IS NULL THEN job.limits ELSE one.limits END,
    held_by = CASE
        WHEN (CASE WHEN one.payload IS NULL THEN job.limits ELSE one.limits END) IS NOT NULL
            THEN %(held_by)s
    END
FROM jsonb_to_recordset(%(jobs)s::jsonb)
    AS one (id uuid, letter_id uuid, payload jsonb, effect_key text, limits jsonb)
WHERE job.id = one.id AND job.state = 'dead'
RETURNING job.id, job.effect_key, job.queue, job.priority, job.batch_id, job.held_by IS NOT NULL
