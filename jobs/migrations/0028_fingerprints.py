"""Dead letters have a fingerprint of their error: a column with a default, which writes no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0027_stored_answers")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="deadletter",
            name="fingerprint",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
