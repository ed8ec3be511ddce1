-- The tables of this app, by what PostgreSQL keeps of each: estimates, which read no row.
SELECT
    relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid),
    greatest(last_vacuum, last_autovacuum), greatest(last_analyze, last_autoanalyze)
FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND relname LIKE 'jobs\_%%'
ORDER BY pg_total_relation_size(relid) DESC
