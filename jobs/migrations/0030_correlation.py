"""Which request a job, and an event, goes back to.

New columns that are empty, or have a constant default, read and rewrite no row.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0029_job_pages_by_value")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="request_id",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="traceparent",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="trace_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
    ]
