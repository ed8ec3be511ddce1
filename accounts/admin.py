"""Users in the admin, as Django shows them, and an action that logs them out."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

# Registers its models when it is imported, which has to come before they are unregistered.
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.admin_login import LimitedLoginForm
from accounts.models import User
from accounts.services.sessions import user_log_out_everywhere

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


admin.site.login_form = LimitedLoginForm


@admin.register(User)
class AccountAdmin(_UserAdmin):
    """Django's page. A change of password ends the sessions and tokens of the user."""

    actions = ("log_out_everywhere",)

    @admin.action(description="Log out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Ends the sessions and tokens of the users, also those of whoever asks for it."""
        for user in users:
            user_log_out_everywhere(user=user)
        self.message_user(request, f"Logged out everywhere: {len(users)}.")


# Their pages show whole refresh tokens: a person who reads one can act as its user.
admin.site.unregister([OutstandingToken, BlacklistedToken])
