"""Who asked for a cancellation, and the permission to cancel jobs of others.

A column with a constant default: PostgreSQL does not rewrite the table.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_names")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ["-id"],
                "permissions": [("cancel_job", "Can cancel jobs of other clients")],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="cancelled_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
    ]
