"""An index for lists by a rare type, queue or state: 1 MB for a million jobs.

It is built while the table is in use.
"""

from django.db import migrations

import jobs.models.brin_index

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_value",
    (
        "CREATE INDEX CONCURRENTLY job_pages_by_value ON jobs_job "
        "USING brin (type text_bloom_ops, queue text_bloom_ops, state text_bloom_ops) "
        "WITH (autosummarize = on, pages_per_range = 16)"
    ),
]
UNDO = "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_value"


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0028_fingerprints")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="job",
                    index=jobs.models.brin_index.BrinIndex(
                        fields=["type", "queue", "state"],
                        name="job_pages_by_value",
                        opclasses=["text_bloom_ops", "text_bloom_ops", "text_bloom_ops"],
                        pages_per_range=16,
                    ),
                ),
            ],
        ),
    ]
