-- How many rows and dead rows each table of this app has, by what PostgreSQL keeps of it: estimates. Without
-- the sizes of table_sizes.sql, which ask the file system: a scrape asks every 5 s.
SELECT relname, n_live_tup, n_dead_tup
FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND relname LIKE 'jobs\_%%'
ORDER BY relname
