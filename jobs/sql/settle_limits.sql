-- What an admission leaves behind at these locked limits: the tokens that are left, the rank that a
-- fair queue has come to, its pace in jobs a second, which forgets what is longer ago, and when to
-- look again although no slot comes free. Tokens count from the moment when they were counted: what
-- comes in meanwhile is not lost.
UPDATE jobs_limit AS at
SET tokens = CASE WHEN at.rate_tokens IS NULL THEN at.tokens ELSE left_over.tokens END,
    refilled_at = left_over.asked_at,
    current_rank = greatest(at.current_rank, left_over.rank),
    pace = CASE WHEN at.is_fair
        THEN jobs_pace_at(at.pace, at.paced_at, clock_timestamp(), %(pace_seconds)s)
            + left_over.ended / %(pace_seconds)s
        ELSE at.pace END,
    paced_at = clock_timestamp(),
    look_at = clock_timestamp() + left_over.look_seconds * interval '1 second'
FROM unnest(
    %(names)s::text[], %(tokens)s::float8[], %(ranks)s::bigint[], %(look_seconds)s::float8[],
    %(ended)s::float8[], %(asked_at)s::timestamptz[]
) AS left_over (name, tokens, rank, look_seconds, ended, asked_at)
WHERE at.name = left_over.name
