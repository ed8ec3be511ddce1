"""Keys are compared by bytes, and have one index less to keep."""

from django.db import migrations, models

# Django makes it for every text that is a key: the beginnings of texts are not found by an index
# that follows a language. One that follows the bytes does both.
DROP = "DROP INDEX IF EXISTS jobs_processedkey_key_13ca5768_like"
CREATE = (
    "CREATE INDEX jobs_processedkey_key_13ca5768_like "
    "ON jobs_processedkey (key varchar_pattern_ops)"
)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_storage")]

    operations = [
        # Whoever reads keys all the time, a dump say, would hold up this, and this every worker.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="processedkey",
            name="key",
            field=models.CharField(
                db_collation="C", max_length=400, primary_key=True, serialize=False
            ),
        ),
        migrations.RunSQL(DROP, CREATE),
    ]
