"""The columns of jobs in an order that costs less log and less disk, where there are no jobs yet.

The table is made once more, with the same columns, defaults, constraints, indexes and settings, by
what PostgreSQL says of the one that is there. A table with rows keeps its order: to write it anew
would close it for as long as that takes, and nothing depends on the order. So does one with more to
it than these migrations have made. docs/decisions/0034 has the order and the measurements.
"""

from django.db import migrations

# What is written once and has a fixed length; what claim and outcome write; and the rest. Columns
# that are NULL in most rows take no space, wherever they are.
ORDER = [
    "id",
    "created_at",
    "run_at",
    "dispatched_at",
    "rank",
    "submitted_by_id",
    "failures",
    "crashes",
    "max_retries",
    "priority",
    # Changed by every job:
    "attempt",
    "claimed_at",
    "started_at",
    "finished_at",
    "worker_id",
    "state",
    "effect_key",
    # Texts and JSON, which begin wherever the last one ends:
    "type",
    "queue",
    "payload",
    "idempotency_key",
    "request_id",
    "errors",
    "cancelled_by",
]

REMAKE = """
DO $$
DECLARE
    former CONSTANT oid := 'jobs_job'::regclass;
    columns text;
    statements text[];
    statement text;
BEGIN
    IF EXISTS (SELECT FROM jobs_job) THEN
        RETURN;
    END IF;
    LOCK TABLE jobs_job IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM jobs_job)
        OR EXISTS (
            SELECT FROM pg_class
            WHERE oid = former AND relnamespace <> current_schema()::regnamespace
        )
        OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = former AND attacl IS NOT NULL)
        OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = former AND NOT tgisinternal)
        OR EXISTS (SELECT FROM pg_policy WHERE polrelid = former)
        OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = former)
        OR EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = former)
        OR EXISTS (SELECT FROM pg_inherits WHERE former IN (inhrelid, inhparent))
        OR EXISTS (
            SELECT FROM pg_depend WHERE refobjid = former AND classid = 'pg_rewrite'::regclass
        )
    THEN
        RETURN;
    END IF;

    SELECT string_agg(
        concat_ws(
            ' ',
            quote_ident(attname),
            format_type(atttypid, atttypmod),
            CASE WHEN collname <> 'default' THEN 'COLLATE ' || quote_ident(collname) END,
            'DEFAULT ' || pg_get_expr(adbin, adrelid),
            CASE WHEN attnotnull THEN 'NOT NULL' END
        ),
        ', ' ORDER BY coalesce(array_position('{order}'::text[], attname::text), 1000 + attnum)
    ) INTO columns
    FROM pg_attribute
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    LEFT JOIN pg_collation ON pg_collation.oid = attcollation
    WHERE attrelid = former AND attnum > 0 AND NOT attisdropped;

    SELECT array_agg(made.text ORDER BY made.step, made.text) INTO statements
    FROM (
        SELECT 1, format('ALTER TABLE jobs_job SET (%s)', array_to_string(reloptions, ', '))
        FROM pg_class WHERE oid = former AND reloptions IS NOT NULL
        UNION ALL
        SELECT 2, format(
            'ALTER TABLE jobs_job ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)
        )
        FROM pg_constraint WHERE conrelid = former AND contype IN ('p', 'u', 'c', 'f')
        UNION ALL
        SELECT 3, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid = former AND NOT EXISTS (
            SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = former
        )
        UNION ALL
        SELECT 4, format(
            'ALTER TABLE %s ADD CONSTRAINT %I %s',
            conrelid::regclass, conname, pg_get_constraintdef(oid)
        )
        FROM pg_constraint WHERE confrelid = former AND conrelid <> former
    ) AS made (step, text);

    ALTER TABLE jobs_job RENAME TO jobs_job_former;
    EXECUTE format('CREATE TABLE jobs_job (%s)', columns);
    IF EXISTS (
        SELECT FROM pg_class AS one, pg_class AS other
        WHERE one.oid = former AND other.oid = 'jobs_job'::regclass
            AND (one.relowner, one.relacl) IS DISTINCT FROM (other.relowner, other.relacl)
    ) THEN
        DROP TABLE jobs_job;
        ALTER TABLE jobs_job_former RENAME TO jobs_job;
        RETURN;
    END IF;
    DROP TABLE jobs_job_former CASCADE;  -- the foreign keys that lead to it: views were looked for
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END $$
""".replace("{order}", f"{{{','.join(ORDER)}}}")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0048_jobs_with_request")]
    harmless = {
        "statement 'DO $$'": (
            "It does nothing where there are jobs. Where there are none it takes milliseconds, "
            "under a lock with a limit; every version names the columns that it means."
        )
    }

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RunSQL(REMAKE, migrations.RunSQL.noop),
    ]
