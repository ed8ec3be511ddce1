"""Stored answers in the admin."""

from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column


class StoredAnswerAdmin(ReadOnlyAdmin):
    """Which calls had the header `Idempotency-Key`, and their status; what they were told is not
    shown."""

    list_display = ("key", "status", "created")
    fields = list_display
    list_defer = ("body", "headers")
    search_help_text = "The whole key: client, method, route and header, with colons and a dot."

    def search(self, term: str) -> Q:
        return Q(key=term)

    created = moment_column("created_at", "stored")
