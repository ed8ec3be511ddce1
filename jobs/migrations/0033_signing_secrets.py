"""Secrets that calls are signed with: a new, empty table."""

import django.db.models.deletion
import django.db.models.functions.datetime
import jobs.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0032_longer_subjects'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # A foreign key to a table locks it for a moment.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='SigningSecret',
            fields=[
                ('id', models.UUIDField(default=jobs.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slot', models.PositiveSmallIntegerField()),
                ('key_mark', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('client', models.ForeignKey(blank=True, help_text='Whose jobs it signs; empty: those that code has enqueued.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('client', 'slot'), name='signing_secret_once_per_slot'), models.UniqueConstraint(condition=models.Q(('client__isnull', True)), fields=('slot',), name='signing_secret_of_code_per_slot'), models.CheckConstraint(condition=models.Q(('slot__range', (1, 2))), name='signing_secret_slot_in_range')],
            },
        ),
    ]
