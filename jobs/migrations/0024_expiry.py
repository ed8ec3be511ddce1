"""Jobs that expire: a column and a state.

Neither reads the table: a new column without a default is empty, and what the constraints say of
rows that are there is looked at in the next migration. Each waits 5 s at most for its lock.
"""

from django.db import migrations, models

EXCHANGE = """
ALTER TABLE jobs_job
    DROP CONSTRAINT job_state_is_known,
    DROP CONSTRAINT job_finished_at_iff_final,
    ADD CONSTRAINT job_state_is_known CHECK ({known}) NOT VALID,
    ADD CONSTRAINT job_finished_at_iff_final CHECK (({final}) = (finished_at IS NOT NULL)) NOT VALID
"""
KNOWN = "state IN ('queued', 'running', 'succeeded', 'dead', 'skipped', 'cancelled'{more})"
FINAL_STATES = frozenset(["cancelled", "dead", "expired", "skipped", "succeeded"])
STATES = ["queued", "running", "succeeded", "dead", "skipped", "cancelled", "expired"]
FINAL = "state IN ('succeeded', 'dead', 'skipped', 'cancelled'{more})"


def exchange(more: str) -> str:
    """Both constraints anew, with or without the new state."""
    return EXCHANGE.format(known=KNOWN.format(more=more), final=FINAL.format(more=more))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0023_limit_indexes")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(exchange(", 'expired'"), exchange(""))],
            state_operations=[
                migrations.RemoveConstraint(model_name="job", name="job_state_is_known"),
                migrations.RemoveConstraint(model_name="job", name="job_finished_at_iff_final"),
                migrations.AlterField(
                    model_name="job",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("dead", "Dead"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="job",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("state__in", STATES)),
                        name="job_state_is_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="job",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state__in", FINAL_STATES)),
                            models.Q(
                                models.Q(("state__in", FINAL_STATES), _negated=True),
                                ("finished_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="job_finished_at_iff_final",
                    ),
                ),
            ],
        ),
    ]
