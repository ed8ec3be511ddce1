"""Groups and redrives: new, empty tables, and columns with a default, which write no row."""

import django.db.models.deletion
import django.db.models.functions.datetime
import jobs.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0041_callback_urls'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='DeadLetterGroup',
            fields=[
                ('fingerprint', models.TextField(primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=100)),
                ('assigned_to', models.TextField(blank=True, default='')),
                ('muted_until', models.PositiveIntegerField(blank=True, null=True)),
                ('muted_at', models.DateTimeField(blank=True, null=True)),
                ('muted_by', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'dead letter group',
                'ordering': ['fingerprint'],
            },
        ),
        migrations.AlterModelOptions(
            name='deadletter',
            options={'ordering': ['-id'], 'permissions': [('replay_deadletter', 'Can replay dead letters'), ('discard_deadletter', 'Can discard dead letters'), ('export_deadletter', 'Can export lists of dead letters'), ('triage_deadletter', 'Can assign dead letters, mute groups and write notes')]},
        ),
        migrations.AddField(
            model_name='deadletter',
            name='assigned_to',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='deadletter',
            name='replay_ended',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='deadletter',
            name='replay_of',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='job',
            name='replay_of',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='DeadLetterCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.TextField()),
                ('type', models.CharField(max_length=100)),
                ('begins_at', models.DateTimeField()),
                ('seconds', models.PositiveIntegerField()),
                ('waiting', models.IntegerField()),
                ('interrupted', models.IntegerField()),
                ('deaths', models.IntegerField()),
                ('is_folded', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'ordering': ['-begins_at', '-id'],
                'indexes': [models.Index(fields=['seconds', 'begins_at'], name='dead_letter_count_by_period'), models.Index(condition=models.Q(('is_folded', False)), fields=['begins_at'], name='dead_letter_count_not_folded'), models.Index(fields=['fingerprint', 'begins_at'], name='dead_letter_count_of_group')],
            },
        ),
        migrations.CreateModel(
            name='Redrive',
            fields=[
                ('id', models.UUIDField(default=jobs.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('selection', models.JSONField(default=dict)),
                ('changes', models.JSONField(blank=True, null=True)),
                ('rate', models.FloatField(help_text='Dead letters a second, at most.')),
                ('stop_at_percent', models.PositiveSmallIntegerField(blank=True, help_text='It stops when so many of the last replayed have died again; never if empty.', null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('created_by_name', models.TextField(blank=True, default='')),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('stopped', 'stopped: too many failed again'), ('cancelled', 'Cancelled'), ('completed', 'Completed')], db_default='running', default='running', max_length=10)),
                ('state_reason', models.TextField(blank=True, default='')),
                ('total', models.PositiveIntegerField()),
                ('cursor', models.UUIDField(blank=True, null=True)),
                ('paced_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('settle_cursor', models.UUIDField(blank=True, null=True)),
                ('replayed', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('left', models.PositiveIntegerField(default=0)),
                ('succeeded', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('ended_otherwise', models.PositiveIntegerField(default=0)),
                ('recent', models.PositiveIntegerField(default=0)),
                ('recent_failed', models.PositiveIntegerField(default=0)),
                ('refusal', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='deadletter',
            name='redrive',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='The redrive that replayed it.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='dead_letters', to='jobs.redrive'),
        ),
        migrations.AddIndex(
            model_name='redrive',
            index=models.Index(models.F('created_by'), models.OrderBy(models.F('id'), descending=True), name='redrive_by_client_newest'),
        ),
        migrations.AddIndex(
            model_name='redrive',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['id'], name='redrive_not_settled'),
        ),
        migrations.AddConstraint(
            model_name='redrive',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['running', 'paused', 'stopped', 'cancelled', 'completed'])), name='redrive_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='redrive',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='redrive_rate_is_positive'),
        ),
    ]
