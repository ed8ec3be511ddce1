"""The subject of an event may be a limit, whose name is longer than an id.

A longer text needs no other form: neither table nor index is rewritten. Waits 5 s at most for its
lock.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0031_roll_ups")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="event",
            name="subject_id",
            field=models.CharField(max_length=400),
        ),
    ]
