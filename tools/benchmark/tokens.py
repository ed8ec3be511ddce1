"""The account as which the benchmark calls the API."""

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import AccessToken

USERNAME = "benchmark"


def account() -> tuple[int, str]:
    """The id of the account, which is made if there is none, and a token of it."""
    user, _ = get_user_model().objects.get_or_create(username=USERNAME)
    return user.pk, str(AccessToken.for_user(user))
