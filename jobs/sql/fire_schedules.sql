-- Fires schedules: moves each from the fire time seen to its next one, and inserts its jobs. A
-- schedule that is no longer where it was seen is left alone, and so are its jobs: whoever moved it
-- has fired. A job whose idempotency key, which names schedule and fire time, is there already is
-- left out, too.
--
-- `held`: a schedule that is only looked at again, at `due_at`. `error`: why no job was made.
-- Measured for 1,000 schedules: a thirtieth of the time of an UPDATE and an INSERT for each.
WITH moved AS (
    UPDATE jobs_schedule AS schedule
    SET next_fire_at = move.next_fire_at::timestamptz,
        due_at = move.due_at::timestamptz,
        last_fired_at = coalesce(move.fired_at::timestamptz, schedule.last_fired_at),
        held_since = CASE WHEN move.held::boolean
            THEN coalesce(schedule.held_since, statement_timestamp()) END,
        failures = CASE WHEN move.error <> '' THEN schedule.failures + 1
            WHEN move.fired_at IS NOT NULL THEN 0
            ELSE schedule.failures END,
        error = CASE WHEN move.error <> '' THEN move.error
            WHEN move.fired_at IS NOT NULL THEN ''
            ELSE schedule.error END
    FROM ROWS FROM (
        jsonb_array_elements_text(%(schedule_ids)s::jsonb),
        jsonb_array_elements_text(%(seen)s::jsonb),
        jsonb_array_elements_text(%(next_fire_ats)s::jsonb),
        jsonb_array_elements_text(%(due_ats)s::jsonb),
        jsonb_array_elements_text(%(fired_ats)s::jsonb),
        jsonb_array_elements_text(%(helds)s::jsonb),
        jsonb_array_elements_text(%(errors)s::jsonb)
    ) AS move (id, seen, next_fire_at, due_at, fired_at, held, error)
    WHERE schedule.id = move.id::uuid AND schedule.next_fire_at = move.seen::timestamptz
    RETURNING schedule.id, schedule.client_left_at
)
INSERT INTO jobs_job (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id, client_left_at, schedule_id,
    state, attempt, failures, crashes, max_retries, errors, created_at, run_at, dispatched_at
)
SELECT
    new.id::uuid, new.type, new.queue, new.priority::smallint, new.payload,
    new.idempotency_key, new.effect_key, new.submitted_by_id::user_id, moved.client_left_at, moved.id,
    'queued', 0, 0, 0, new.max_retries::smallint, '[]',
    statement_timestamp(), new.run_at::timestamptz, statement_timestamp()
FROM ROWS FROM (
    jsonb_array_elements_text(%(ids)s::jsonb),
    jsonb_array_elements_text(%(types)s::jsonb),
    jsonb_array_elements_text(%(queues)s::jsonb),
    jsonb_array_elements_text(%(priorities)s::jsonb),
    jsonb_array_elements(%(payloads)s::jsonb),
    jsonb_array_elements_text(%(idempotency_keys)s::jsonb),
    jsonb_array_elements_text(%(effect_keys)s::jsonb),
    jsonb_array_elements_text(%(submitted_by_ids)s::jsonb),
    jsonb_array_elements_text(%(max_retries)s::jsonb),
    jsonb_array_elements_text(%(run_ats)s::jsonb),
    jsonb_array_elements_text(%(job_schedule_ids)s::jsonb)
) AS new (
    id, type, queue, priority, payload, idempotency_key, effect_key, submitted_by_id,
    max_retries, run_at, schedule_id
)
JOIN moved ON moved.id = new.schedule_id::uuid
ON CONFLICT (submitted_by_id, type, idempotency_key) WHERE idempotency_key IS NOT NULL
DO NOTHING
RETURNING id, effect_key, queue, priority
