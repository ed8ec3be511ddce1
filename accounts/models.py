"""Users of the API and of the admin."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Django's user; our own class, so that it can grow without a new table."""
