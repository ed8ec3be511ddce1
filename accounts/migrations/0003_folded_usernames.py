"""New names that look like one that is there are refused.

Of accounts that look alike already the oldest keeps the folded name; the others stay as they are, with
none. Adding the column rewrites nothing; users are some thousands, not millions like jobs.
"""

from django.db import migrations, models

from accounts.usernames import FOLDED_MAX, folded

BATCH = 1_000


def fold_names(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    taken = set()
    batch = []
    for user in User.objects.order_by("pk").only("pk", "username").iterator(BATCH):
        name = folded(user.username)
        if name in taken or len(name) > FOLDED_MAX:
            continue
        taken.add(name)
        user.folded_username = name
        batch.append(user)
        if len(batch) == BATCH:
            User.objects.bulk_update(batch, ["folded_username"])
            batch = []
    User.objects.bulk_update(batch, ["folded_username"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_login_sessions")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="user",
            name="folded_username",
            field=models.CharField(max_length=FOLDED_MAX, null=True, unique=True, editable=False),
        ),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
