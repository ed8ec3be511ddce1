"""Which queued jobs wait for an effect key that another job owns: a new, empty table."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0009_worker_types")]

    operations = [
        migrations.CreateModel(
            name="KeyWait",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="jobs.job",
                    ),
                ),
                ("key", models.CharField(db_collation="C", max_length=400)),
                ("until", models.DateTimeField()),
            ],
            options={
                "ordering": ["job"],
                "indexes": [models.Index(fields=["key"], name="key_wait_by_key")],
            },
        ),
    ]
