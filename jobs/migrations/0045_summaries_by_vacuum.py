"""The block range indexes are summarised by vacuum alone, which comes after 2 % of new rows.

With `autosummarize` PostgreSQL has a second autovacuum worker summarise single ranges. That needs
the lock under which the first one vacuums the table, and after a second of waiting cancels it:
nothing is vacuumed, and a range stays half summarised, which a search takes for all behind it
(docs/decisions/0032). Building anew puts that right; it locks nobody out and reads the table once
for each index: 10 s for five million jobs.
"""

from django.db import migrations

INDEXES = ("job_pages_by_value", "job_pages_by_request")

TABLE = "ALTER TABLE jobs_job"
ON_INSERT = "autovacuum_vacuum_insert_scale_factor"


def in_time(change: str) -> str:
    """The change in a transaction of its own, which waits 5 s at most for its lock."""
    return f"BEGIN; SET LOCAL lock_timeout = '5s'; {change}; COMMIT"


SET = [
    *(in_time(f"ALTER INDEX {name} SET (autosummarize = off)") for name in INDEXES),
    in_time(f"{TABLE} SET ({ON_INSERT} = 0.02)"),
]
UNSET = [
    *(in_time(f"ALTER INDEX {name} SET (autosummarize = on)") for name in INDEXES),
    in_time(f"{TABLE} RESET ({ON_INSERT})"),
]
# What a build that was broken off has left is invalid, and would be in the way.
BUILD = [
    statement
    for name in INDEXES
    for statement in (
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}_ccnew",
        f"REINDEX INDEX CONCURRENTLY {name}",
    )
]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY
    harmless = {
        f"index {name}_ccnew": "It is there only if this migration was broken off before."
        for name in INDEXES
    }

    dependencies = [("jobs", "0044_schedule_callback_urls")]

    operations = [
        migrations.RunSQL(SET, UNSET),
        migrations.RunSQL(BUILD, migrations.RunSQL.noop),
    ]
