"""Whether a worker that has stopped did so in order: then nothing that it ran took it down."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_keys_of_clients")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="worker",
            name="signed_off",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
