"""Users of the API and of the admin."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Django's user; a class of this project, so that columns can be added later."""
