"""Which queued jobs wait for an effect key that another job owns."""

from django.db import models

from jobs.core.effect_key import EFFECT_KEY_MAX
from jobs.models.job import Job


class KeyWait(models.Model):
    """A queued job that was deferred because another job owns its effect key.

    The end of the owner wakes it. `until` is the `run_at` that the deferral gave the job: where
    the job's is another by now, it no longer waits for the key. A row that is left behind does
    no harm, and is pruned. No row is written for jobs that meet no key conflict.
    """

    job = models.OneToOneField(
        Job,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    key = models.CharField(max_length=EFFECT_KEY_MAX, db_collation="C")
    until = models.DateTimeField()

    class Meta:
        ordering = ["-job_id"]  # the column: `job` would join the jobs to sort by their ids
        indexes = [models.Index(fields=["key"], name="key_wait_by_key")]

    def __str__(self) -> str:
        return f"{self.job_id} waits for {self.key}"
