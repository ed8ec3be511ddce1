"""Indexes of dead letters, built while the table is in use; triggers that count them; the counts.

CREATE TRIGGER waits for whoever writes dead letters at that moment, and what is written afterwards is
counted. Then one statement counts what was there before.
"""

from django.db import migrations, models

TRIGGERS = """
BEGIN;
SET LOCAL lock_timeout = '5s';
CREATE OR REPLACE FUNCTION jobs_deadletter_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_deadlettercount (
        fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
    )
    SELECT
        fingerprint, min(type), date_trunc('hour', created_at, 'UTC'), 3600,
        count(*) FILTER (WHERE resolution = ''),
        count(*) FILTER (WHERE resolution = '' AND reason = 'interrupted'), count(*), false
    FROM added
    GROUP BY 1, 3;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION jobs_deadletter_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_deadlettercount (
        fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
    )
    SELECT
        fingerprint, min(type), date_trunc('hour', created_at, 'UTC'), 3600,
        sum(one * (resolution = '')::int),
        sum(one * (resolution = '' AND reason = 'interrupted')::int), sum(one), false
    FROM (
        SELECT fingerprint, type, created_at, resolution, reason, 1 AS one FROM after
        UNION ALL
        SELECT fingerprint, type, created_at, resolution, reason, -1 AS one FROM before
    ) AS changes
    GROUP BY 1, 3
    HAVING sum(one * (resolution = '')::int) <> 0 OR sum(one) <> 0;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION jobs_deadletter_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_deadlettercount (
        fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
    )
    SELECT
        fingerprint, min(type), date_trunc('hour', created_at, 'UTC'), 3600, -count(*),
        -count(*) FILTER (WHERE reason = 'interrupted'), 0, false
    FROM removed
    WHERE resolution = ''
    GROUP BY 1, 3;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER jobs_deadletter_added AFTER INSERT ON jobs_deadletter
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION jobs_deadletter_added();
CREATE OR REPLACE TRIGGER jobs_deadletter_changed AFTER UPDATE ON jobs_deadletter
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION jobs_deadletter_changed();
CREATE OR REPLACE TRIGGER jobs_deadletter_removed AFTER DELETE ON jobs_deadletter
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION jobs_deadletter_removed();
COMMIT
"""
UNDO_TRIGGERS = """
DROP TRIGGER IF EXISTS jobs_deadletter_added ON jobs_deadletter;
DROP TRIGGER IF EXISTS jobs_deadletter_changed ON jobs_deadletter;
DROP TRIGGER IF EXISTS jobs_deadletter_removed ON jobs_deadletter;
DROP FUNCTION IF EXISTS jobs_deadletter_added(), jobs_deadletter_changed(), jobs_deadletter_removed()
"""
# One statement sees one snapshot: what the triggers have written that it sees is about dead letters
# that it sees, and goes; what it does not see stays, and is added.
COUNT = """
WITH former AS (
    DELETE FROM jobs_deadlettercount
)
INSERT INTO jobs_deadlettercount (
    fingerprint, type, begins_at, seconds, waiting, interrupted, deaths, is_folded
)
SELECT
    fingerprint, min(type), date_trunc('hour', created_at, 'UTC'), 3600,
    count(*) FILTER (WHERE resolution = ''),
    count(*) FILTER (WHERE resolution = '' AND reason = 'interrupted'), count(*), true
FROM jobs_deadletter
GROUP BY 1, 3
"""

INDEXES = {
    "dead_letter_group_in_order": "(fingerprint, id) WHERE resolution = ''",
    "dead_letter_group_clients": "(fingerprint, submitted_by_id) WHERE resolution = ''",
    "dead_letter_unsettled": (
        "(redrive_id, id) WHERE redrive_id IS NOT NULL AND replay_ended = ''"
    ),
}
# What a build that was broken off has left is invalid, and would be in the way.
BUILD = [
    statement
    for name, columns in INDEXES.items()
    for statement in (
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY {name} ON jobs_deadletter {columns}",
    )
]
UNDO_INDEXES = [f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in INDEXES]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY
    harmless = {
        f"trigger jobs_deadletter_{when}": "It adds rows to a new table, and changes nothing else."
        for when in ("added", "changed", "removed")
    }

    dependencies = [("jobs", "0042_redrives")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BUILD, UNDO_INDEXES)],
            state_operations=[
                migrations.AddIndex(
                    model_name='deadletter',
                    index=models.Index(condition=models.Q(('resolution', '')), fields=['fingerprint', 'id'], name='dead_letter_group_in_order'),
                ),
                migrations.AddIndex(
                    model_name='deadletter',
                    index=models.Index(condition=models.Q(('resolution', '')), fields=['fingerprint', 'submitted_by'], name='dead_letter_group_clients'),
                ),
                migrations.AddIndex(
                    model_name='deadletter',
                    index=models.Index(condition=models.Q(('redrive__isnull', False), ('replay_ended', '')), fields=['redrive', 'id'], name='dead_letter_unsettled'),
                ),
            ],
        ),
        migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
