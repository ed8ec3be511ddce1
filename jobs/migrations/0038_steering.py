"""What people ask of workers, filters that they keep, and permissions; columns with constant defaults."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import jobs.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0037_rare_ends"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="worker",
            name="version",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="worker",
            name="async_concurrency",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="rss_bytes",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="request",
            field=models.TextField(
                blank=True,
                choices=[
                    ("", "nothing"),
                    ("drain", "finish what runs, and take nothing new"),
                    ("stop", "end as with SIGTERM"),
                ],
                db_default="",
                default="",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="requested_by",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.CreateModel(
            name="SavedView",
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
                ("page", models.CharField(max_length=50)),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField(blank=True, default="")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["name"], "default_permissions": ()},
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("owner", "page", "name"), name="saved_view_once_per_owner"
            ),
        ),
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("cancel_job", "Can cancel jobs of other clients"),
                    ("view_traceback", "Can view the tracebacks of failed attempts"),
                    ("reveal_payload", "Can see the masked values of payloads"),
                    ("export_job", "Can export lists of jobs"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="deadletter",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("replay_deadletter", "Can replay dead letters"),
                    ("discard_deadletter", "Can discard dead letters"),
                    ("export_deadletter", "Can export lists of dead letters"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="event",
            options={
                "ordering": ["-id"],
                "permissions": [("export_event", "Can export lists of events")],
            },
        ),
        migrations.AlterModelOptions(
            name="processedkey",
            options={
                "ordering": ["key"],
                "permissions": [
                    ("release_processedkey", "Can release processed keys: effects may repeat")
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="worker",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("steer_worker", "Can drain and stop workers"),
                    ("view_health", "Can view the health of the installation"),
                ],
            },
        ),
    ]
