"""Sums of waits and run times beside their counts. Columns without a default rewrite no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0035_jobs_by_batch")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="rollup",
            name="wait_seconds",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="rollup",
            name="run_seconds",
            field=models.FloatField(null=True),
        ),
    ]
