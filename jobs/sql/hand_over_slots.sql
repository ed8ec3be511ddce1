-- running -> succeeded for jobs that are each under one limit, and in the same statement their slots go
-- to the next jobs that wait there. Those that the claimant takes are claimed, too: they run at once.
--
-- Nothing is written of jobs whose limit has a rate, has more slots in use than it allows (it was lowered),
-- or fewer jobs that wait, or one under a second limit: release_slots.sql is for them.
-- A slot that is handed over needs no lock on its limit: no other transaction sees it free, so none
-- counts one less. Workers that share a limit do not wait for one another's commits.
--
-- A fair queue without a limit has a window (see held_jobs.sql). Where more slots are in use than it has by
-- now, fewer are handed over than come free, but at least half of them: the line never stops. Its rank and
-- its pace are written by settle_turns.sql, for many hand-overs at once.
--
-- The form of the fence, and of what finds rows by their primary key: see record_succeeded.sql. What may
-- be claimed: see claim_jobs.sql. An effect key that jobs share is not taken here, because it might have to
-- be waited for; nor is a job claimed whose payload is larger than 8 KB, or compressed, as from 2 KB on.
--
-- `number <= count`: an outcome that is fenced off frees no slot.
WITH outcome AS (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(attempts)s::int[], %(worker_ids)s::uuid[], %(limit_names)s::text[]
    ) AS outcome (id, attempt, worker_id, limit_name)
), used AS MATERIALIZED (
    SELECT
        at.name, at.max_concurrency, at.is_fair, at.pace, at.paced_at, wanted.count,
        (SELECT count(*)::int FROM jobs_slot WHERE limit_name = at.name) AS in_use
    FROM (SELECT limit_name, count(*)::int AS count FROM outcome GROUP BY limit_name) AS wanted
    JOIN jobs_limit AS at ON at.name = wanted.limit_name
    WHERE at.rate_tokens IS NULL AND (at.max_concurrency IS NOT NULL OR at.is_fair)
), plain AS MATERIALIZED (
    SELECT
        used.name, used.is_fair,
        CASE WHEN used.max_concurrency IS NOT NULL THEN used.count
            ELSE greatest((used.count + 1) / 2, used.count - greatest(0, used.in_use - bound.allowed))
            END::int AS count
    FROM used
    CROSS JOIN LATERAL (
        SELECT coalesce(
            used.max_concurrency,
            greatest(
                2 * (
                    SELECT coalesce(sum(concurrency), 1) FROM jobs_worker
                    WHERE stopped_at IS NULL
                        AND heartbeat_at
                            > now() - %(worker_timeout_seconds)s * interval '1 second'
                        AND queues ? substr(used.name, 7)  -- behind 'queue:'
                ),
                %(window_seconds)s
                    * jobs_pace_at(used.pace, used.paced_at, now(), %(pace_seconds)s)
            )
        ) AS allowed
    ) AS bound
    WHERE used.max_concurrency IS NULL OR used.max_concurrency >= used.in_use
), next AS MATERIALIZED (
    SELECT
        job.id, job.limits, plain.name, plain.count, plain.is_fair,
        row_number() OVER (PARTITION BY plain.name ORDER BY job.priority DESC, job.rank, job.id)
            AS number
    FROM plain
    CROSS JOIN LATERAL (
        SELECT id, limits, priority, rank
        FROM jobs_job
        WHERE state = 'queued' AND held_by = plain.name
        ORDER BY priority DESC, rank, id
        LIMIT plain.count
        FOR UPDATE SKIP LOCKED
    ) AS job
), handed_over AS MATERIALIZED (
    SELECT name FROM next
    GROUP BY name, count
    HAVING count(*) = next.count AND bool_and(jsonb_array_length(limits) = 1)
), succeeded AS (
    UPDATE jobs_job AS job
    SET state = 'succeeded',
        finished_at = now(),
        effect_key = CASE WHEN job.effect_key = job.id::text THEN '' ELSE job.effect_key END
    FROM outcome
    WHERE outcome.limit_name IN (SELECT name FROM handed_over)
        AND job.id = ANY (ARRAY[outcome.id])
        AND CASE WHEN job.state = 'running'
            THEN job.attempt = outcome.attempt AND job.worker_id = outcome.worker_id
                AND job.limits = jsonb_build_array(outcome.limit_name)
            ELSE false END
    RETURNING job.id, job.effect_key, job.queue, job.type, job.run_at, job.claimed_at
), processed AS (
    INSERT INTO jobs_processedkey AS key (key, job_id, created_at, processed_at)
    SELECT effect_key, id, now(), now() FROM succeeded
    WHERE effect_key <> ''
    ON CONFLICT (key) DO UPDATE SET processed_at = excluded.processed_at
    WHERE key.job_id = excluded.job_id
), counted AS (
    INSERT INTO jobs_rollup (
        begins_at, seconds, queue, type, outcome, wait_bucket, run_bucket, count,
        wait_seconds, run_seconds
    )
    SELECT
        date_trunc('minute', now()), 60, queue, type, 'succeeded',
        width_bucket(date_part('epoch', claimed_at - run_at), %(bounds)s::float8[]),
        width_bucket(date_part('epoch', now() - claimed_at), %(bounds)s::float8[]),
        count(*),
        date_part('epoch', sum(claimed_at - run_at)), date_part('epoch', sum(now() - claimed_at))
    FROM succeeded
    GROUP BY queue, type, 6, 7
), freed AS (
    DELETE FROM jobs_slot
    WHERE job_id = ANY (ARRAY(SELECT id FROM succeeded))
    RETURNING limit_name
), admitted AS (
    UPDATE jobs_job AS job
    SET held_by = NULL,
        dispatched_at = statement_timestamp(),
        state = CASE WHEN claim.is_made THEN 'running' ELSE 'queued' END,
        worker_id = CASE WHEN claim.is_made THEN %(worker_id)s::uuid END,
        attempt = job.attempt + claim.is_made::int,
        claimed_at = CASE WHEN claim.is_made THEN now() END,
        started_at = NULL
    FROM (
        SELECT
            waiting.id, next.name, next.number, next.is_fair,
            row_number() OVER (ORDER BY next.number) <= %(most)s
                AND waiting.queue = ANY(%(queues)s::text[])
                AND waiting.effect_key = waiting.id::text
                AND waiting.run_at <= statement_timestamp()
                AND (
                    waiting.expires_at IS NULL OR waiting.expires_at > statement_timestamp()
                    OR waiting.errors <> '[]'
                )
                AND pg_column_compression(waiting.payload) IS NULL
                AND pg_column_size(waiting.payload) <= 8192
                AND EXISTS (
                    SELECT 1 FROM jobs_worker WHERE id = %(worker_id)s AND stopped_at IS NULL
                ) AS is_made
        FROM next
        JOIN (SELECT limit_name, count(*) AS count FROM freed GROUP BY limit_name) AS free
            ON free.limit_name = next.name AND next.number <= free.count
        JOIN jobs_job AS waiting ON waiting.id = ANY (ARRAY[next.id])
    ) AS claim
    WHERE job.id = ANY (ARRAY[claim.id])
    RETURNING
        job.id, job.type, job.queue, job.priority, job.payload, job.effect_key, job.attempt,
        job.failures, job.crashes, job.max_retries, job.worker_id, job.limits, job.request_id,
        job.traceparent,
        job.batch_id IS NOT NULL OR job.next_jobs IS NOT NULL OR job.callback_url IS NOT NULL
            AS is_followed,
        job.given,
        date_part('epoch', now() - job.run_at) AS waited_seconds,
        claim.name, claim.number, claim.is_made,
        CASE WHEN claim.is_fair THEN job.rank END AS turn
), slots AS (
    INSERT INTO jobs_slot (limit_name, job_id, admitted_at) SELECT name, id, now() FROM admitted
)
SELECT
    id, type, queue, priority, payload, effect_key, attempt, failures, crashes, max_retries,
    worker_id, limits, request_id, traceparent, is_followed, given, waited_seconds, is_made, turn
FROM (SELECT * FROM admitted ORDER BY number) AS in_order
UNION ALL
SELECT
    id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL
FROM succeeded
