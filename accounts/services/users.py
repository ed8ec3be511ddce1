"""Users are made, prove who they are, and leave."""

from typing import Any
from unicodedata import is_normalized

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import User
from accounts.services.rights import rights_of, subject_delete


def user_sign_up(*, username: str, password: str, email: str = "") -> User:
    """Makes an ordinary user.

    Raises Django's `ValidationError` if the password is too weak, and `IntegrityError` if
    the name, or one that looks like it, is taken, also by a sign-up at the same moment.
    """
    validate_password(password, user=User(username=username, email=email))
    with transaction.atomic():
        return User.objects.create_user(username=username, password=password, email=email)


def _kept_name(username: str) -> str:
    """The name as sign-up keeps it; an account with exactly this name comes first."""
    if is_normalized("NFKC", username) or User.objects.filter(username=username).exists():
        return username
    return User.normalize_username(username)


def user_log_in(*, request: HttpRequest, username: str, password: str) -> User | None:
    """The user of that name and password, if its account is open, whose `last_login` is now."""
    user = authenticate(request, username=_kept_name(username), password=password)
    if not isinstance(user, User):
        return None
    # Not by `save`, whose signal would drop the user's checked tokens.
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user


def user_detach(*, user: User) -> None:
    """What refers to the user in other apps, and stays, names it no longer.

    In transactions of its own, so that a user with many jobs can be deleted without holding the
    locks on all of them. To be called outside of any, and just before the user is deleted.
    """
    for path in settings.USER_DETACHERS:
        import_string(path)(user_id=user.pk)


def user_delete(*, user: User, by: Any = None) -> None:
    """Deletes the user, with its sessions and tokens. Its jobs stay, and belong to nobody.

    `by`: the user who does it; None: not known.
    """
    user_detach(user=user)
    subject_delete(subject=user, by=by, before=rights_of(user))
