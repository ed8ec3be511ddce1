"""Effects in the database, for transactional handlers. Without migrations: tests sync the table."""

from django.db import models


class Note(models.Model):
    """One effect."""

    text = models.CharField(max_length=200)
    job_id = models.UUIDField()
    attempt = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.text
