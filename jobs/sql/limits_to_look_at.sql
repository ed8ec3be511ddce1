-- Limits at which there may be room although no slot has come free.
SELECT name FROM jobs_limit
WHERE look_at <= statement_timestamp()
ORDER BY look_at
LIMIT %(limit)s
