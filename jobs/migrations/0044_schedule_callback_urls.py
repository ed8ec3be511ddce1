"""What is called when a job of a schedule has ended: an empty column, which rewrites no row."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0043_dead_letter_counts")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="schedule",
            name="callback_url",
            field=models.TextField(
                blank=True,
                help_text="Is called when a job of it has ended; empty for no call.",
                null=True,
            ),
        ),
    ]
