-- Which of these limits there are, whether or not another admission has locked them.
SELECT name FROM jobs_limit WHERE name = ANY(%(names)s::text[])
