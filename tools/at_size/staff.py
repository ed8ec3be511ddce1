"""A member of staff who may do everything, and what a browser and a program of theirs send."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

NAME = "at-size"


@dataclass(frozen=True)
class Staff:
    """`session`: the value of the admin's cookie; `token`: for the API."""

    session: str
    token: str


def staff_make() -> Staff:
    """Makes the account if it is missing, and logs it in to both."""
    users = get_user_model()._default_manager
    user = users.filter(username=NAME).first() or users.create_superuser(
        username=NAME, password=secrets.token_urlsafe()
    )
    browser = Client()
    browser.force_login(user)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return Staff(session, str(AccessToken.for_user(user)))
