"""Writes of this app."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.models import User


def user_sign_up(*, username: str, password: str, email: str = "") -> User:
    """Makes an ordinary user.

    Raises Django's `ValidationError` if the password is too weak, and `IntegrityError` if
    the name is taken, also by a sign-up at the same moment.
    """
    validate_password(password, user=User(username=username, email=email))
    with transaction.atomic():
        return User.objects.create_user(username=username, password=password, email=email)
