"""The client of a call."""

from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request


def client_of(request: Request) -> AbstractBaseUser:
    """The user of the token. `IsAuthenticated` has refused calls without one."""
    return cast(AbstractBaseUser, request.user)
