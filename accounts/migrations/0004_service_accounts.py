"""Service accounts and their secrets."""

import accounts.models.service_account
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_folded_usernames'),
    ]

    operations = [
        # A foreign key to a table locks it for a moment.
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='ServiceAccount',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='service_account', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('client_id', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list, validators=[accounts.models.service_account.validate_scopes])),
                ('job_types', models.JSONField(blank=True, default=list, validators=[accounts.models.service_account.validate_names])),
                ('queues', models.JSONField(blank=True, default=list, validators=[accounts.models.service_account.validate_names])),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='ServiceSecret',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slot', models.PositiveSmallIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('hint', models.CharField(max_length=12)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='accounts.serviceaccount')),
            ],
            options={
                'ordering': ['slot'],
                'constraints': [models.UniqueConstraint(fields=('account', 'slot'), name='secret_once_per_slot'), models.CheckConstraint(condition=models.Q(('slot__range', (1, 2))), name='secret_slot_in_range')],
            },
        ),
    ]
