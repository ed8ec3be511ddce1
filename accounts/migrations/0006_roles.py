"""The groups of `accounts/services/roles.py`, which gives them their rights after each `migrate`."""

from typing import Any

from django.db import migrations

ROLES = ("viewer", "operator", "administrator")


def make_groups(apps: Any, schema_editor: Any) -> None:
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_service_account_rates"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # They stay when it is reversed: they may have members.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
