"""An index of workers by their end. The table is small: a row for each worker of two weeks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0016_queues")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="worker",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", False)),
                fields=["stopped_at"],
                name="worker_by_end",
            ),
        ),
    ]
