"""An index that finds the jobs of a request: a summary of each few pages, so that writing costs little.

It is built while the table is in use.
"""

from django.db import migrations

import jobs.models.brin_index

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_request",
    (
        "CREATE INDEX CONCURRENTLY job_pages_by_request ON jobs_job "
        "USING brin (request_id text_bloom_ops (false_positive_rate = 0.001)) "
        "WITH (autosummarize = on, pages_per_range = 16)"
    ),
]
UNDO = "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_request"


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0039_events_by_action")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="job",
                    index=jobs.models.brin_index.BrinIndex(
                        fields=["request_id"],
                        name="job_pages_by_request",
                        opclasses=["text_bloom_ops (false_positive_rate = 0.001)"],
                        pages_per_range=16,
                    ),
                ),
            ],
        ),
    ]
