"""What people have done: a new, empty table to which rows can only be added."""

import django.db.models.functions.datetime
from django.db import migrations, models

import jobs.core.ids

# Rows alone, because a statement that changes no row does no harm. TRUNCATE takes the rights of
# the table's owner, who could drop the trigger as well.
APPEND_ONLY = """
CREATE FUNCTION jobs_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jobs_event is append-only: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER jobs_event_append_only BEFORE UPDATE OR DELETE ON jobs_event
FOR EACH ROW EXECUTE FUNCTION jobs_event_is_append_only()
"""
UNDO = """
DROP TRIGGER jobs_event_append_only ON jobs_event;
DROP FUNCTION jobs_event_is_append_only()
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0011_keys_by_age")]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=jobs.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("actor_id", models.CharField(blank=True, default="", max_length=64)),
                ("actor_name", models.CharField(blank=True, default="", max_length=254)),
                ("action", models.CharField(max_length=100)),
                ("subject_type", models.CharField(max_length=50)),
                ("subject_id", models.CharField(max_length=64)),
                ("reason", models.TextField(blank=True, default="")),
                ("before", models.JSONField(blank=True, default=dict)),
                ("after", models.JSONField(blank=True, default=dict)),
                ("request_id", models.CharField(blank=True, default="", max_length=128)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        models.F("subject_type"),
                        models.F("subject_id"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="event_by_subject_newest",
                    ),
                    models.Index(
                        models.F("actor_name"),
                        models.OrderBy(models.F("id"), descending=True),
                        name="event_by_actor_newest",
                    ),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
