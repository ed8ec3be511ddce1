"""URLs that are called when jobs and batches have ended: empty columns, which rewrite no row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0040_jobs_by_request")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="callback_url",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="callback_url",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="callback_job_id",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
