"""Two texts of jobs lose their length. Neither the rows nor the indexes are written anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0025_jobs_by_expiry")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterField("job", "effect_key", models.TextField()),
        migrations.AlterField(
            "job", "cancelled_by", models.TextField(blank=True, db_default="", default="")
        ),
    ]
