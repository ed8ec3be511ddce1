"""Signing secrets in the admin: made, shown once, and revoked."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.shared.links import account_column
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column
from jobs.core.actor import actor_of
from jobs.core.signing_errors import TooManySigningSecrets
from jobs.models import SigningSecret
from jobs.services.signing_secrets import signing_secret_create, signing_secret_revoke


class NewSecretForm(forms.Form):
    """Whose jobs the secret signs."""

    client = forms.CharField(
        required=False,
        strip=True,
        help_text="The user name of the client; empty: jobs that code has enqueued.",
    )

    def clean_client(self) -> Any:
        """The primary key of the client; None for code."""
        name = self.cleaned_data["client"]
        if not name:
            return None
        users = get_user_model()
        user = users._default_manager.filter(**{users.USERNAME_FIELD: name}).first()
        if user is None:
            raise forms.ValidationError("There is no account of this name.")
        return user.pk


class SigningSecretAdmin(ReadOnlyAdmin):
    """Which clients have secrets. Whoever makes one can speak to receivers as the client."""

    list_display = ("id", "account", "slot", "created")
    fields = list_display
    list_select_related = ("client",)
    search_help_text = "The user name of a client."
    account = account_column("client", "client")
    created = moment_column("created_at", "made")

    def search(self, term: str) -> Q:
        return Q(**{f"client__{get_user_model().USERNAME_FIELD}": term})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_signingsecret")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("jobs.delete_signingsecret")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Asks for the client, makes the secret, and shows it, this one time."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewSecretForm(request.POST if request.method == "POST" else None)
        text = self._made(request, form) if form.is_bound and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": "New signing secret",
            "crumb": "New",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "text": text,
        }
        return TemplateResponse(request, "admin/jobs/signingsecret/new.html", context)

    def _made(self, request: HttpRequest, form: NewSecretForm) -> str | None:
        try:
            made = signing_secret_create(
                client_id=form.cleaned_data["client"], actor=actor_of(request.user)
            )
        except TooManySigningSecrets as error:
            form.add_error("client", f"{str(error).capitalize()}.")
            return None
        return made.text

    def delete_model(self, request: HttpRequest, obj: SigningSecret) -> None:
        signing_secret_revoke(secret_id=obj.pk, actor=actor_of(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SigningSecret]) -> None:
        for secret in queryset:
            with suppress(SigningSecret.DoesNotExist):  # another request was first
                signing_secret_revoke(secret_id=secret.pk, actor=actor_of(request.user))
