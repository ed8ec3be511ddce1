"""An index of the jobs in batches. It is built while the table is in use."""

from django.db import migrations, models

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS job_by_batch_newest_first",
    ("CREATE INDEX CONCURRENTLY job_by_batch_newest_first "
    "ON jobs_job (batch_id, id DESC) WHERE batch_id IS NOT NULL"),
]
UNDO = "DROP INDEX CONCURRENTLY IF EXISTS job_by_batch_newest_first"


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0034_batches")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        models.F("batch"),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("batch__isnull", False)),
                        name="job_by_batch_newest_first",
                    ),
                ),
            ],
        ),
    ]
