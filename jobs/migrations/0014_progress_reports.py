"""What handlers last reported of their progress: a new, empty table."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0013_job_results'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProgressReport',
            fields=[
                ('job', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='jobs.job')),
                ('attempt', models.PositiveIntegerField()),
                ('done', models.FloatField()),
                ('total', models.FloatField(null=True)),
                ('message', models.CharField(blank=True, default='', max_length=200)),
                ('reported_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['job'],
            },
        ),
    ]
