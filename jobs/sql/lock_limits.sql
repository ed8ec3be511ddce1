-- Locks these limits, in the order of their names, for one admission; returns those that exist.
-- Statements that follow see what earlier admissions have committed.
SELECT name FROM jobs_limit WHERE name = ANY(%(names)s::text[]) ORDER BY name FOR NO KEY UPDATE
