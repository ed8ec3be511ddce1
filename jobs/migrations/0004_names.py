"""Columns, index and constraint by the names of docs/glossary.md.

Renames only: none of them rewrites or reads the table. Each waits 5 s at most for its lock.
"""

from django.db import migrations, models


def rename(what: str, old: str, new: str) -> migrations.RunSQL:
    """Renames what Django would drop and make anew."""
    return migrations.RunSQL(what.format(old=old, new=new), what.format(old=new, new=old))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_one_index_of_keys")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.RenameField(model_name="job", old_name="rung_at", new_name="dispatched_at"),
        migrations.RenameField(model_name="job", old_name="owner", new_name="done_by"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                rename(
                    "ALTER INDEX {old} RENAME TO {new}",
                    "job_queued_in_ring_order",
                    "job_queued_in_dispatch_order",
                )
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="job", name="job_queued_in_ring_order"),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["queue", "priority", "dispatched_at"],
                        condition=models.Q(state="queued"),
                        name="job_queued_in_dispatch_order",
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                rename(
                    "ALTER TABLE jobs_job RENAME CONSTRAINT {old} TO {new}",
                    "job_skipped_names_the_owner",
                    "job_skipped_names_done_by",
                )
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="job", name="job_skipped_names_the_owner"),
                migrations.AddConstraint(
                    model_name="job",
                    constraint=models.CheckConstraint(
                        condition=~models.Q(state="skipped") | models.Q(done_by__isnull=False),
                        name="job_skipped_names_done_by",
                    ),
                ),
            ],
        ),
    ]
