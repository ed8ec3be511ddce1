"""The index that finds the jobs of a request leaves out those that no request has submitted.

A range whose rows all have NULL was written anew with each further one: 60 bytes of log and a lock
on the index for each version of a job. The new index is built while the table is in use, and serves
the same questions as the one that it replaces: `request_id = ...` is true of no NULL.
"""

from django.db import migrations, models

import jobs.models.brin_index

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_with_request",
    (
        "CREATE INDEX CONCURRENTLY job_pages_with_request ON jobs_job "
        "USING brin (request_id text_bloom_ops (false_positive_rate = 0.001)) "
        "WITH (pages_per_range = 16) WHERE request_id IS NOT NULL"
    ),
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_request",
]
UNDO = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_by_request",
    (
        "CREATE INDEX CONCURRENTLY job_pages_by_request ON jobs_job "
        "USING brin (request_id text_bloom_ops (false_positive_rate = 0.001)) "
        "WITH (pages_per_range = 16)"
    ),
    "DROP INDEX CONCURRENTLY IF EXISTS job_pages_with_request",
]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0047_redrive_errors")]
    harmless = {
        "index job_pages_by_request": (
            "The one that takes its place is built before, and serves the same statements."
        )
    }

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.RemoveIndex(model_name="job", name="job_pages_by_request"),
                migrations.AddIndex(
                    model_name="job",
                    index=jobs.models.brin_index.BrinIndex(
                        condition=models.Q(("request_id__isnull", False)),
                        fields=["request_id"],
                        name="job_pages_with_request",
                        opclasses=["text_bloom_ops (false_positive_rate = 0.001)"],
                        pages_per_range=16,
                    ),
                ),
            ],
        ),
    ]
