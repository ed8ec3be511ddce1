"""An index of the jobs that can still expire, and a look at the rows that were there before.

Both are done while the table is in use.
"""

from django.db import migrations, models

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_queued_by_expiry",
    ("CREATE INDEX CONCURRENTLY job_queued_by_expiry ON jobs_job (expires_at) "
    "WHERE errors = '[]'::jsonb AND expires_at IS NOT NULL AND state = 'queued'"),
]
UNDO = "DROP INDEX CONCURRENTLY IF EXISTS job_queued_by_expiry"
VALIDATE = [
    "ALTER TABLE jobs_job VALIDATE CONSTRAINT job_state_is_known",
    "ALTER TABLE jobs_job VALIDATE CONSTRAINT job_finished_at_iff_final",
]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0024_expiry")]

    operations = [
        migrations.RunSQL(VALIDATE, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["expires_at"],
                        condition=models.Q(
                            ("errors", []), ("expires_at__isnull", False), ("state", "queued")
                        ),
                        name="job_queued_by_expiry",
                    ),
                ),
            ],
        ),
    ]
