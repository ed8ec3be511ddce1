"""Who calls."""

from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request


def client_of(request: Request) -> AbstractBaseUser:
    """The user behind the token: IsAuthenticated has let nobody else through."""
    return cast(AbstractBaseUser, request.user)
