"""Users in the admin, as Django shows them, and an action that logs them out."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

# Registers its models when it is imported, which has to come before they are unregistered.
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import service_account_admin as _service_accounts  # noqa: F401 (registers itself)
from accounts.admin_login import LimitedLoginForm
from accounts.models import User
from accounts.services.sessions import user_log_out_everywhere
from accounts.services.users import user_delete, user_detach

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


admin.site.login_form = LimitedLoginForm


@admin.register(User)
class AccountAdmin(_UserAdmin):
    """Django's page. A change of password ends the sessions and tokens of the user."""

    actions = ("log_out_everywhere",)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django's, whose single transaction begins after the rows of the user are detached."""
        if request.method == "POST":
            user = self.get_object(request, unquote(object_id))
            if user is not None and self._may_be_deleted(request, user):
                user_detach(user=user)
        return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Each by itself, as on its own page."""
        for user in queryset:
            user_delete(user=user)

    def _may_be_deleted(self, request: HttpRequest, user: User) -> bool:
        if not self.has_delete_permission(request, user):
            return False
        perms_needed, protected = self.get_deleted_objects([user], request)[2:]
        return not perms_needed and not protected

    @admin.action(description="Log out everywhere", permissions=["change"])
    def log_out_everywhere(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Ends the sessions and tokens of the users, also those of whoever asks for it."""
        for user in users:
            user_log_out_everywhere(user=user)
        self.message_user(request, f"Logged out everywhere: {len(users)}.")


# Their pages show whole refresh tokens: a person who reads one can act as its user.
admin.site.unregister([OutstandingToken, BlacklistedToken])
