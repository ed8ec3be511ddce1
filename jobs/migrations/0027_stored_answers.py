"""Answers of calls with the header Idempotency-Key: a new, empty table."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0026_texts_without_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                (
                    "key",
                    models.TextField(db_collation="C", primary_key=True, serialize=False),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["key"],
                "indexes": [
                    models.Index(fields=["created_at"], name="stored_answer_oldest_first")
                ],
            },
        ),
    ]
