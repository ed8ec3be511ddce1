"""Users in the admin, as Django shows them, and an action that logs them out."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

# Registers its models when it is imported, which has to come before they are unregistered.
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.admin_login import LimitedLoginForm
from accounts.admin_theme import AccountsAdmin, NewUserForm, PasswordForm, UserForm, moment
from accounts.models import Tenant, User
from accounts.service_account_admin import as_user
from accounts.services.rights import (
    rights_changed,
    rights_of,
    rights_of_group,
    rights_of_tenant,
    subject_delete,
)
from accounts.services.sessions import user_log_out_everywhere
from accounts.services.users import user_delete, user_detach

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


admin.site.login_form = LimitedLoginForm


class RightsAdmin(AccountsAdmin):
    """Pages on which rights are changed, or deleted with what gave them. Each time there is an
    event, in Django's transaction.
    """

    def rights_of(self, subject: Any) -> dict[str, Any]:
        """What decides about the rights, as it is stored now."""
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Looks at the rights before they are changed; what they are then, `save_related` knows."""
        form.rights_before = self.rights_of(form.instance) if change else {}
        return super().save_form(request, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With an event if the rights have changed."""
        super().save_related(request, form, formsets, change)
        rights_changed(
            subject=form.instance,
            by=request.user,
            before=form.rights_before,
            after=self.rights_of(form.instance),
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """With an event of what it was."""
        subject_delete(subject=obj, by=request.user, before=self.rights_of(obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each by itself, as on its own page."""
        for one in queryset:
            self.delete_model(request, one)


@admin.register(User)
class AccountAdmin(_UserAdmin, RightsAdmin):
    """Django's page. A change of password ends the sessions and tokens of the user."""

    form: Any = UserForm
    add_form, change_password_form = NewUserForm, PasswordForm
    actions = ("log_out_everywhere",)
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "logged_in")
    readonly_fields = ("logged_in", "joined")
    fieldsets = (
        *(UserAdmin.fieldsets or ())[:-1],  # the last are the dates, which nobody should set
        ("Dates", {"fields": ("logged_in", "joined")}),
        ("Tenant", {"fields": ("tenant",)}),
    )
    list_filter = (*UserAdmin.list_filter, "tenant")

    def rights_of(self, subject: Any) -> dict[str, Any]:
        """Those of the account."""
        return rights_of(subject)

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
            user_delete(user=user, by=request.user)

    @admin.display(description="last log-in", ordering="last_login")
    def logged_in(self, user: User) -> str:
        return moment(user.last_login)

    @admin.display(description="joined")
    def joined(self, user: User) -> str:
        return moment(user.date_joined)

    def _may_be_deleted(self, request: HttpRequest, user: User) -> bool:
        if not self.has_delete_permission(request, user):
            return False
        perms_needed, protected = self.get_deleted_objects([user], request)[2:]
        return not perms_needed and not protected

    @admin.action(description="Log out everywhere", permissions=["change"])
    def log_out_everywhere(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        """Ends the sessions and tokens of the users, also those of whoever asks for it.

        Once that is confirmed, on a page of its own.
        """
        if request.POST.get("confirmed") != "yes":
            context = {
                **self.admin_site.each_context(request),
                "title": f"Log out {len(users)} everywhere?",
                "crumb": "Log out everywhere",
                "opts": self.opts,
                "subjects": users,
            }
            return TemplateResponse(request, "admin/accounts/log_out.html", context)
        for user in users:
            user_log_out_everywhere(user=user, by=as_user(request))
        self.message_user(request, f"Logged out everywhere: {len(users)}.")
        return None


@admin.register(Tenant)
class TenantAdmin(RightsAdmin):
    """Groups of accounts; who is in one is said on the pages of users."""

    list_display = ("name", "member_count")
    search_fields = ("name",)

    def rights_of(self, subject: Any) -> dict[str, Any]:
        """Its name: what it means is said on the pages of users."""
        return rights_of_tenant(subject)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """With the number of members."""
        tenants: QuerySet[Tenant] = super().get_queryset(request)
        return tenants.annotate(members_count=Count("members"))

    @admin.display(description="accounts", ordering="members_count")
    def member_count(self, tenant: Any) -> int:
        return int(tenant.members_count)


admin.site.unregister(Group)


@admin.register(Group)
class RecordedGroupAdmin(GroupAdmin, RightsAdmin):
    """Django's page; a change of the permissions is an event."""

    def rights_of(self, subject: Any) -> dict[str, Any]:
        """Those of the group."""
        return rights_of_group(subject)


# Their pages show whole refresh tokens: a person who reads one can act as its user.
admin.site.unregister([OutstandingToken, BlacklistedToken])
