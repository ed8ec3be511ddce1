"""The job types that a worker knows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_worker_signed_off")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="worker",
            name="types",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
