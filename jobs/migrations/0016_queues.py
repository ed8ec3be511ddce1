"""A row for each queue: whether it is paused, by whom and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0015_room_on_pages")]

    operations = [
        migrations.CreateModel(
            name="Queue",
            fields=[
                ("name", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                (
                    "paused_by",
                    models.CharField(blank=True, db_default="", default="", max_length=254),
                ),
                ("paused_reason", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "ordering": ["name"],
                "permissions": [("pause_queue", "Can pause and resume queues")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paused_at__isnull", False),
                            models.Q(("paused_by", ""), ("paused_reason", "")),
                            _connector="OR",
                        ),
                        name="queue_pause_is_whole",
                    )
                ],
            },
        ),
    ]
