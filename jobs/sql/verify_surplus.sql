-- Counts the entries of Redis that are of a job of which it has another one already, list by list.
SELECT
    known.queue || ', priority ' || known.priority AS list,
    count(*) AS entries,
    count(*) - count(DISTINCT known.id) AS surplus
FROM verify_known AS known
GROUP BY known.queue, known.priority
ORDER BY surplus DESC, list
