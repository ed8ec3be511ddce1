"""An index of keys by age, for pruning, in place of the block range index.

Space that pruned rows leave is used again, so that each block holds rows of every age and the
block range index leads to all of them. Both indexes change while the table is in use.
"""

from django.db import migrations, models

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = """
DROP INDEX CONCURRENTLY IF EXISTS processed_key_oldest_first;
CREATE INDEX CONCURRENTLY processed_key_oldest_first ON jobs_processedkey (created_at);
DROP INDEX CONCURRENTLY IF EXISTS processed_key_by_age
"""
UNDO = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS processed_key_by_age ON jobs_processedkey
USING brin (created_at) WITH (autosummarize = on);
DROP INDEX CONCURRENTLY IF EXISTS processed_key_oldest_first
"""


def statements(text: str) -> list[str]:
    """One by one: PostgreSQL would run several in one transaction."""
    return text.strip().split(";\n")


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0010_key_waits")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(statements(CREATE), statements(UNDO))],
            state_operations=[
                migrations.RemoveIndex(model_name="processedkey", name="processed_key_by_age"),
                migrations.AddIndex(
                    model_name="processedkey",
                    index=models.Index(fields=["created_at"], name="processed_key_oldest_first"),
                ),
            ],
        ),
    ]
