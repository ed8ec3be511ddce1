"""Where the admin asks for a password: it says how long to wait after too many wrong ones."""

import math
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from accounts.admin_theme import LoginForm
from accounts.client_address import client_address
from accounts.services.attempts import TooManyAttempts, login_attempt


class LimitedLoginForm(LoginForm):
    """Django's form with one more error."""

    wait_seconds: int | None = None

    def clean(self) -> Any:
        """The fields; raises ValidationError as Django does, and for too many attempts."""
        try:
            return super().clean()
        except TooManyAttempts as error:
            self.wait_seconds = math.ceil(error.wait_seconds)
            raise ValidationError(_sentence(self.wait_seconds), code="throttled") from error


def admin_login(request: HttpRequest) -> HttpResponse:
    """The page of the admin site; a 429 with `Retry-After` for too many attempts."""
    response = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    wait_seconds = getattr(form, "wait_seconds", None)
    if wait_seconds is not None:
        response.status_code = 429
        response.headers["Retry-After"] = str(wait_seconds)
    return response


def admin_password_change(request: HttpRequest) -> HttpResponse:
    """The page for one's own password; a 429 with `Retry-After` for too many wrong ones.

    Whoever has got hold of a session must not try out here what the password is.
    """
    if request.method != "POST":
        return admin.site.password_change(request)
    name = request.user.get_username()
    try:
        with login_attempt(address=client_address(request), username=name) as attempt:
            response = admin.site.password_change(request)
            form = (getattr(response, "context_data", None) or {}).get("form")
            if form is None or "old_password" not in form.errors:
                attempt.succeed()
        return response
    except TooManyAttempts as error:
        wait_seconds = math.ceil(error.wait_seconds)
        messages.error(request, _sentence(wait_seconds))
        request.method = "GET"  # shows the page anew, and looks at no password
        response = admin.site.password_change(request)
        response.status_code = 429
        response.headers["Retry-After"] = str(wait_seconds)
        return response


def _sentence(wait_seconds: int) -> str:
    return f"Too many attempts to log in. Try again in {wait_seconds} seconds."
