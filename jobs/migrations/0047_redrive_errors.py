"""What people read: the error of a redrive's group, and the name of roll-ups.

A column with a default rewrites no row, and a name changes nothing in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0046_pace_at")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="redrive",
            name="error",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterModelOptions(
            name="rollup", options={"ordering": ["-id"], "verbose_name": "roll-up"}
        ),
    ]
