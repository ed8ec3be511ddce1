"""Indexes of what ended rarely, and of dead letters by value. They are built while tables are in use."""

from django.db import migrations, models

_STATES = ["cancelled", "dead", "expired", "skipped"]
INDEXES = {
    "job_rare_ends_newest": (
        "jobs_job (state, id DESC, type, queue) "
        "WHERE state IN ('cancelled', 'dead', 'expired', 'skipped')"
    ),
    "dead_letter_by_value_newest": (
        "jobs_deadletter (id DESC, resolution, reason, type, queue, fingerprint)"
    ),
}
# What a build that was broken off has left is invalid, and would be in the way.
BUILD = [
    statement
    for name, columns in INDEXES.items()
    for statement in (
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY {name} ON {columns}",
    )
]
UNDO = [f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in INDEXES]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY

    dependencies = [("jobs", "0036_sums_of_roll_ups")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BUILD, UNDO)],
            state_operations=[
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        models.F("state"),
                        models.OrderBy(models.F("id"), descending=True),
                        models.F("type"),
                        models.F("queue"),
                        condition=models.Q(("state__in", _STATES)),
                        name="job_rare_ends_newest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="deadletter",
                    index=models.Index(
                        models.OrderBy(models.F("id"), descending=True),
                        models.F("resolution"),
                        models.F("reason"),
                        models.F("type"),
                        models.F("queue"),
                        models.F("fingerprint"),
                        name="dead_letter_by_value_newest",
                    ),
                ),
            ],
        ),
        migrations.AlterModelOptions(name="jobresult", options={"ordering": ["-job_id"]}),
        migrations.AlterModelOptions(name="keywait", options={"ordering": ["-job_id"]}),
        migrations.AlterModelOptions(name="progressreport", options={"ordering": ["-job_id"]}),
        migrations.AlterModelOptions(name="rollup", options={"ordering": ["-id"]}),
    ]
