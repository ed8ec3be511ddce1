"""When the client of a schedule left: one without a client is not always of code."""

from django.conf import settings
from django.db import migrations, models

import jobs.models.detach_client


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0051_batch_client_left"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="schedule",
            name="client_left_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The client of the jobs that it makes; none if code declares it.",
                null=True,
                on_delete=jobs.models.detach_client.detach_client,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
