"""Indexes of held jobs, and one of dispatched jobs that leaves them out; the tables stay in use."""

from django.db import migrations, models

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = """
DROP INDEX CONCURRENTLY IF EXISTS job_dispatched_in_order;
CREATE INDEX CONCURRENTLY job_dispatched_in_order ON jobs_job (queue, priority, dispatched_at)
WHERE held_by IS NULL AND state = 'queued';
DROP INDEX CONCURRENTLY IF EXISTS job_held_in_order;
CREATE INDEX CONCURRENTLY job_held_in_order ON jobs_job (held_by, priority DESC, rank, id)
WHERE held_by IS NOT NULL AND state = 'queued';
DROP INDEX CONCURRENTLY IF EXISTS job_held_until_due;
CREATE INDEX CONCURRENTLY job_held_until_due ON jobs_job (run_at)
WHERE held_by = 'run_at' AND state = 'queued';
DROP INDEX CONCURRENTLY IF EXISTS job_queued_in_dispatch_order
"""
UNDO = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS job_queued_in_dispatch_order
ON jobs_job (queue, priority, dispatched_at) WHERE state = 'queued';
DROP INDEX CONCURRENTLY IF EXISTS job_held_until_due;
DROP INDEX CONCURRENTLY IF EXISTS job_held_in_order;
DROP INDEX CONCURRENTLY IF EXISTS job_dispatched_in_order
"""


def statements(text: str) -> list[str]:
    """One by one: PostgreSQL would run several in one transaction."""
    return text.strip().split(";\n")


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0022_limits")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(statements(CREATE), statements(UNDO))],
            state_operations=[
                migrations.RemoveIndex(model_name="job", name="job_queued_in_dispatch_order"),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["queue", "priority", "dispatched_at"],
                        condition=models.Q(state="queued", held_by__isnull=True),
                        name="job_dispatched_in_order",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        models.F("held_by"),
                        models.F("priority").desc(),
                        models.F("rank"),
                        models.F("id"),
                        condition=models.Q(state="queued", held_by__isnull=False),
                        name="job_held_in_order",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["run_at"],
                        condition=models.Q(state="queued", held_by="run_at"),
                        name="job_held_until_due",
                    ),
                ),
            ],
        ),
    ]
