"""A permission of its own for tracebacks. Nothing changes in the table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0020_mail_allowance")]

    operations = [
        migrations.AlterModelOptions(
            name="job",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("cancel_job", "Can cancel jobs of other clients"),
                    ("view_traceback", "Can view the tracebacks of failed attempts"),
                ],
            },
        ),
    ]
