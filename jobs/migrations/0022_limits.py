"""Limits: new, empty tables, and columns of jobs that are NULL for jobs under no limit."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0021_view_traceback'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='FairShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit_name', models.CharField(db_collation='C', max_length=400)),
                ('fairness_key', models.CharField(db_collation='C', max_length=255)),
                ('last_rank', models.BigIntegerField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Limit',
            fields=[
                ('name', models.CharField(db_collation='C', max_length=400, primary_key=True, serialize=False)),
                ('max_concurrency', models.PositiveIntegerField(blank=True, null=True)),
                ('rate_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('rate_seconds', models.FloatField(blank=True, null=True)),
                ('burst', models.PositiveIntegerField(blank=True, null=True)),
                ('is_fair', models.BooleanField(db_default=False, default=False)),
                ('is_adopted', models.BooleanField(db_default=False, default=False)),
                ('set_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('is_override', models.BooleanField(db_default=False, default=False)),
                ('tokens', models.FloatField(db_default=0.0, default=0.0)),
                ('refilled_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('look_at', models.DateTimeField(blank=True, null=True)),
                ('current_rank', models.BigIntegerField(db_default=0, default=0)),
                ('pace', models.FloatField(db_default=0.0, default=0.0)),
                ('paced_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit_name', models.CharField(db_collation='C', max_length=400)),
                ('admitted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='fairness_key',
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='held_by',
            field=models.TextField(blank=True, db_collation='C', null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='limits',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='rank',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name='fairshare',
            constraint=models.UniqueConstraint(fields=('limit_name', 'fairness_key'), name='fair_share_once_a_key'),
        ),
        migrations.AddIndex(
            model_name='limit',
            index=models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='limit_to_look_at'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('max_concurrency__isnull', True), ('max_concurrency__gt', 0), _connector='OR'), name='limit_concurrency_above_0'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('burst__isnull', True), ('rate_seconds__isnull', True), ('rate_tokens__isnull', True)), models.Q(('burst__gt', 0), ('rate_seconds__gt', 0), ('rate_tokens__gt', 0)), _connector='OR'), name='limit_rate_is_whole'),
        ),
        migrations.AddField(
            model_name='slot',
            name='job',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.job'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(fields=['limit_name'], name='slot_by_limit'),
        ),
        migrations.AddConstraint(
            model_name='slot',
            constraint=models.UniqueConstraint(fields=('job', 'limit_name'), name='slot_once_a_job_and_limit'),
        ),
    ]
