"""The name of who decided about a dead letter stays when the account is gone."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import migrations, models


def keep_names(apps, schema_editor):
    """Of the decisions made before, by accounts that still exist."""
    letters = apps.get_model("jobs", "DeadLetter").objects
    app, _, model = settings.AUTH_USER_MODEL.partition(".")
    users = apps.get_model(app, model)
    name_field = get_user_model().USERNAME_FIELD
    decided = letters.filter(resolved_by__isnull=False).order_by().values_list("resolved_by_id")
    for (user_id,) in decided.distinct():
        name = users.objects.filter(pk=user_id).values_list(name_field, flat=True).first()
        letters.filter(resolved_by_id=user_id).update(resolved_by_name=str(name or ""))


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_cancelled_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="deadletter",
            name="resolved_by_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.RunPython(keep_names, migrations.RunPython.noop),
    ]
