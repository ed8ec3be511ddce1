"""Rows that nobody deletes by themselves, and that leave with the account that they belong to."""

from django.contrib.auth import get_permission_codename, get_user_model
from django.db.models import Model
from django.http import HttpRequest

from jobs.admin.shared.read_only import ReadOnlyAdmin


class LeavesWithClient(ReadOnlyAdmin):
    """Of a model whose rows are deleted in cascade with their account."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Asked by Django's page that deletes an account; on pages of its own, False.

        The right to delete accounts decides: without this an account that has mailed could never
        be deleted.
        """
        if obj is None or self._is_own_page(request):
            return False
        accounts = get_user_model()._meta
        right = get_permission_codename("delete", accounts)
        return request.user.has_perm(f"{accounts.app_label}.{right}")

    def _is_own_page(self, request: HttpRequest) -> bool:
        page = request.resolver_match
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        return page is None or (page.url_name or "").startswith(own)
