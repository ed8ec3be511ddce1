"""When the client of a job left: one without a client is not always of code."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0049_order_of_columns")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="client_left_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
