"""Schedules: a new, empty table, and a column of jobs that says which schedule has made them.

The column is NULL in every row that is there, so that no row is rewritten or read. Each statement
waits 5 s at most for its lock.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import jobs.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0017_worker_by_end"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.UUIDField(default=jobs.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, unique=True)),
                ("type", models.CharField(max_length=100)),
                ("payload", models.JSONField(blank=True, default=dict)),
                ("queue", models.CharField(blank=True, default="", help_text="Empty: the queue of the type.", max_length=63)),
                ("priority", models.PositiveSmallIntegerField(blank=True, help_text="0 to 9, 9 is most urgent; empty: 5.", null=True)),
                ("cron", models.CharField(blank=True, default="", help_text="minute hour day-of-month month day-of-week, as in 0 7 * * MON-FRI", max_length=255)),
                ("every_seconds", models.FloatField(blank=True, help_text="Instead of cron: an interval of 1 second or more.", null=True)),
                ("timezone", models.CharField(default="UTC", help_text="A name of the tz database, as in Europe/Berlin.", max_length=64)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("missed", models.CharField(choices=[("skip", "skip them"), ("once", "run once for all of them"), ("all", "run once for each, up to a limit")], default="once", max_length=10)),
                ("overlap", models.CharField(choices=[("allow", "run both"), ("skip", "skip the fire time"), ("hold", "wait for the end of the last job")], default="allow", max_length=10)),
                ("paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("declared_in", models.CharField(blank=True, default="", max_length=255)),
                ("declared_at", models.DateTimeField(blank=True, null=True)),
                ("next_fire_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("last_fired_at", models.DateTimeField(blank=True, null=True)),
                ("held_since", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, default="")),
                ("created_by", models.ForeignKey(blank=True, db_index=False, help_text="The client of the jobs that it makes; none if code declares it.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("run_schedule", "Can run schedules at once")],
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False), ("paused", False)), fields=["due_at"], name="schedule_active_by_due"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(models.Q(("cron", ""), ("every_seconds__gte", 1)), models.Q(models.Q(("cron", ""), _negated=True), ("every_seconds__isnull", True)), _connector="OR"), name="schedule_has_cron_or_interval"),
                    models.CheckConstraint(condition=models.Q(("priority__isnull", True), ("priority__range", (0, 9)), _connector="OR"), name="schedule_priority_in_range"),
                    models.CheckConstraint(condition=models.Q(models.Q(("due_at__isnull", True), ("next_fire_at__isnull", True)), models.Q(("due_at__isnull", False), ("next_fire_at__isnull", False)), _connector="OR"), name="schedule_due_iff_it_fires"),
                ],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="schedule",
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text="The schedule that has made it; stays when that is deleted.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="jobs", to="jobs.schedule"),
        ),
    ]
