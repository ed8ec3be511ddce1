"""Rates of service accounts. A service has tens of them, so that the columns cost nothing."""

import accounts.models.service_account
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_service_accounts'),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='serviceaccount',
            name='reads',
            field=models.CharField(blank=True, default='', max_length=20, validators=[accounts.models.service_account.validate_rate]),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='writes',
            field=models.CharField(blank=True, default='', max_length=20, validators=[accounts.models.service_account.validate_rate]),
        ),
    ]
