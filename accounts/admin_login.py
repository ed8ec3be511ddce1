"""The log-in of the admin, which says how long to wait when there were too many attempts."""

import math
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from accounts.admin_theme import LoginForm
from accounts.services.attempts import TooManyAttempts


class LimitedLoginForm(LoginForm):
    """Django's form with one more error."""

    wait_seconds: int | None = None

    def clean(self) -> Any:
        """The fields; raises ValidationError as Django does, and for too many attempts."""
        try:
            return super().clean()
        except TooManyAttempts as error:
            self.wait_seconds = math.ceil(error.wait_seconds)
            raise ValidationError(
                f"Too many attempts to log in. Try again in {self.wait_seconds} seconds.",
                code="throttled",
            ) from error


def admin_login(request: HttpRequest) -> HttpResponse:
    """The page of the admin site; a 429 with `Retry-After` for too many attempts."""
    response = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    wait_seconds = getattr(form, "wait_seconds", None)
    if wait_seconds is not None:
        response.status_code = 429
        response.headers["Retry-After"] = str(wait_seconds)
    return response
