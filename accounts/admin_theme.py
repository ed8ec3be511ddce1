"""Which admin the pages are built on: django-unfold where it is installed, else Django's own.

The app `jobs` decides the same in `jobs/admin/shared/theme.py`; neither app knows the other.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.forms import Script
from django.template.loader import render_to_string

if TYPE_CHECKING or not apps.is_installed("unfold"):
    from django.contrib.admin.forms import AdminAuthenticationForm as LoginForm
    from django.contrib.auth.forms import AdminPasswordChangeForm as PasswordForm
    from django.contrib.auth.forms import AdminUserCreationForm as NewUserForm
    from django.contrib.auth.forms import UserChangeForm as UserForm
else:
    from unfold.forms import AdminPasswordChangeForm as PasswordForm
    from unfold.forms import AuthenticationForm as LoginForm
    from unfold.forms import UserChangeForm as UserForm
    from unfold.forms import UserCreationForm as NewUserForm

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
elif apps.is_installed("unfold"):
    from unfold.admin import ModelAdmin
else:
    ModelAdmin = admin.ModelAdmin


class AccountsAdmin(ModelAdmin):
    """With the style and the script that show moments in the reader's time zone."""

    class Media:
        css = {"all": ["jobs/admin.css"]}
        js = [Script(f"jobs/{name}.js", defer=True) for name in ("moments", "once", "shortcuts")]


def moment(when: datetime | None) -> str:
    """A time as every page of the admin has it; `never` for None."""
    return render_to_string("admin/accounts/moment.html", {"when": when})


__all__ = [
    "AccountsAdmin",
    "LoginForm",
    "ModelAdmin",
    "NewUserForm",
    "PasswordForm",
    "UserForm",
    "moment",
]
