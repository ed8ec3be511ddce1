"""Batches: a new, empty table, and columns of jobs that are empty, which rewrite no row."""

import django.db.models.deletion
import django.db.models.functions.datetime
import jobs.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0033_signing_secrets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='job',
            name='given',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='next_jobs',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=jobs.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField(blank=True, default='')),
                ('on_success', models.JSONField(blank=True, null=True)),
                ('on_completion', models.JSONField(blank=True, null=True)),
                ('success_job_id', models.UUIDField(blank=True, null=True)),
                ('completion_job_id', models.UUIDField(blank=True, null=True)),
                ('total', models.PositiveIntegerField(default=0)),
                ('succeeded', models.PositiveIntegerField(default=0)),
                ('skipped', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('cancelled', models.PositiveIntegerField(default=0)),
                ('expired', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.TextField(blank=True, default='')),
                ('submitted_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-id'],
                'permissions': [('cancel_batch', 'Can cancel batches of other clients')],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='batch',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='The batch that counts it.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='jobs', to='jobs.batch'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(models.F('submitted_by'), models.OrderBy(models.F('id'), descending=True), name='batch_by_client_newest_first'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['completed_at'], name='batch_completed_first'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('cancel_requested_at__isnull', False), ('completed_at__isnull', True)), fields=['id'], name='batch_to_cancel'),
        ),
    ]
