"""An index of events by what was done. It is built while the table is in use."""

from django.db import migrations, models

# What a build that was broken off has left is invalid, and would be in the way.
CREATE = [
    "DROP INDEX CONCURRENTLY IF EXISTS event_by_action_newest",
    "CREATE INDEX CONCURRENTLY event_by_action_newest ON jobs_event (action, id DESC)",
]
UNDO = "DROP INDEX CONCURRENTLY IF EXISTS event_by_action_newest"


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0038_steering")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(
                        models.F("action"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="event_by_action_newest",
                    ),
                ),
            ],
        ),
    ]
