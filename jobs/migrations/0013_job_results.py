"""What handlers returned: a new, empty table."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', "0012_events"),
    ]

    operations = [
        migrations.CreateModel(
            name='JobResult',
            fields=[
                ('job', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='jobs.job')),
                ('value', models.JSONField(null=True)),
                ('problem', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['job'],
                'indexes': [models.Index(fields=['created_at'], name='job_result_oldest_first')],
            },
        ),
    ]
