"""Service accounts in the admin: made and changed in forms, their secrets by buttons."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin_theme import AccountsAdmin, moment
from accounts.models import SECRETS_MAX, ServiceAccount, ServiceSecret, User
from accounts.service_account_form import ServiceAccountForm
from accounts.services.service_accounts import (
    TooManySecrets,
    secret_create,
    secret_revoke,
    service_account_change,
    service_account_create,
)

# Days until a new secret expires.
EXPIRIES = {"90": "in 90 days", "30": "in 30 days", "365": "in a year", "": "never"}


@admin.register(ServiceAccount)
class ServiceAccountAdmin(AccountsAdmin):
    """Whoever may change a service account can make a secret for it, and so act as it."""

    form = ServiceAccountForm
    change_form_template = "admin/accounts/serviceaccount/record.html"
    list_display = ("name", "client_id", "is_active", "scope", "created")
    list_select_related = ("user",)
    search_fields = ("user__username", "client_id")
    readonly_fields = ("client_id",)
    fields = ("name", "client_id", "is_active", "scopes", "job_types", "queues", "reads", "writes")
    actions = None

    @admin.display(ordering="user__username")
    def name(self, account: ServiceAccount) -> str:
        return str(account)

    @admin.display(description="made", ordering="created_at")
    def created(self, account: ServiceAccount) -> str:
        return moment(account.created_at)

    @admin.display(boolean=True, description="active")
    def is_active(self, account: ServiceAccount) -> bool:
        return account.user.is_active

    def save_model(
        self, request: HttpRequest, obj: ServiceAccount, form: Any, change: bool
    ) -> None:
        """By the services; a name that another call has taken meanwhile is told by Django."""
        given, by = form.cleaned_data, as_user(request)
        fields = {name: given[name] for name in self.form.Meta.fields}
        if change:
            service_account_change(account=obj, is_active=given["is_active"], by=by, **fields)
            return
        made = service_account_create(
            name=given["name"], is_active=given["is_active"], by=by, **fields
        )
        obj.pk, obj.client_id = made.pk, made.client_id

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """It leaves with its user, whose page detaches what the user has submitted."""
        return redirect(reverse("admin:accounts_user_delete", args=[object_id]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With its secrets, of which only the first characters are known."""
        account = context.get("original")
        if account is not None:
            secrets = list(account.secrets.all())
            context |= {
                "secrets": secrets,
                "expiries": EXPIRIES.items(),
                "may_add_secret": len(secrets) < SECRETS_MAX
                and self.has_change_permission(request, account),
                "may_revoke": self.has_change_permission(request, account),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and what the buttons call."""
        view = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/secrets/new/",
                view(self.new_secret),
                name="accounts_serviceaccount_new_secret",
            ),
            path(
                "<int:pk>/secrets/<uuid:secret_id>/revoke/",
                view(self.revoke_secret),
                name="accounts_serviceaccount_revoke_secret",
            ),
        ]
        return [*own, *super().get_urls()]

    def new_secret(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Makes a secret and shows it, this one time."""
        if request.method != "POST":
            return self._not_posted(request, pk)
        account = self._account(request, pk)
        days = request.POST.get("days", "")
        if days not in EXPIRIES:
            raise Http404
        try:
            made = secret_create(
                account=account, days=int(days) if days else None, by=as_user(request)
            )
        except TooManySecrets:
            self.message_user(
                request,
                f"{account} has {SECRETS_MAX} secrets; revoke one first.",
                messages.ERROR,
            )
            return self._back(pk)
        self.log_change(request, account, f"Made the secret {made.secret}.")
        context = {
            **self.admin_site.each_context(request),
            "title": "New secret",
            "crumb": "New secret",
            "original": account,
            "opts": self.opts,
            "media": self.media,
            "account": account,
            "secret": made.secret,
            "text": made.text,
        }
        return TemplateResponse(request, "admin/accounts/serviceaccount/secret.html", context)

    def revoke_secret(self, request: HttpRequest, pk: int, secret_id: UUID) -> HttpResponseBase:
        """Ends a secret, and the tokens that were got with it."""
        if request.method != "POST":
            return self._not_posted(request, pk)
        account = self._account(request, pk)
        secret = account.secrets.filter(pk=secret_id).first()
        if secret is None:
            raise Http404
        try:
            secret_revoke(secret_id=secret_id, by=as_user(request))
        except ServiceSecret.DoesNotExist:
            raise Http404 from None
        self.log_change(request, account, f"Revoked the secret {secret}.")
        self.message_user(request, f"The secret {secret} and its tokens are refused from now on.")
        return self._back(pk)

    def _account(self, request: HttpRequest, pk: int) -> ServiceAccount:
        account: ServiceAccount | None = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account

    def _not_posted(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """For who comes by GET: a session has ended, and after the log-in nothing was sent."""
        said = "Nothing was done: the form was not sent. If you had to log in again, repeat it."
        self.message_user(request, said, messages.WARNING)
        return self._back(pk)

    def _back(self, pk: int) -> HttpResponse:
        return redirect(reverse("admin:accounts_serviceaccount_change", args=[pk]))


def as_user(request: HttpRequest) -> User:
    """Who is logged in; the admin lets nobody else in."""
    user: Any = request.user
    found: User = user
    return found
