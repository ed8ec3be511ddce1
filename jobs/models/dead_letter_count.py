"""How many dead letters there are of each fingerprint: kept up by triggers, which miss none."""

from django.db import models


class DeadLetterCount(models.Model):
    """What a statement has changed about the dead letters of one fingerprint and one hour.

    Triggers of the database insert it with every statement that adds, changes or deletes dead
    letters (decision 0028), so that no two of them wait for one another. Readers add rows up, and a
    timer folds them into one. `waiting`: how many more wait for a person, fewer if negative;
    `interrupted`: those of them whose effect may have happened. `deaths`: how many jobs died; that
    they were decided about, or pruned, takes nothing away. `begins_at`, `seconds`: the period in
    which they died.
    """

    fingerprint = models.TextField()
    type = models.CharField(max_length=100)
    begins_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    waiting = models.IntegerField()
    interrupted = models.IntegerField()
    deaths = models.IntegerField()
    is_folded = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-begins_at", "-id"]
        indexes = [
            models.Index(fields=["seconds", "begins_at"], name="dead_letter_count_by_period"),
            models.Index(
                fields=["begins_at"],
                condition=models.Q(is_folded=False),
                name="dead_letter_count_not_folded",
            ),
            models.Index(fields=["fingerprint", "begins_at"], name="dead_letter_count_of_group"),
        ]

    def __str__(self) -> str:
        return f"{self.waiting:+d} of {self.fingerprint}"
