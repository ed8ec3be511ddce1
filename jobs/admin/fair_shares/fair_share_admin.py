"""Fair shares in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.models import FairShare, Limit


class FairShareAdmin(ReadOnlyAdmin):
    """How far the tenants of fair queues have come."""

    list_display = ("fairness_key", "limit_link", "last_rank")
    fields = list_display
    search_help_text = "The name of a limit."

    def search(self, term: str) -> Q:
        return Q(limit_name=term)

    @admin.display(description="limit")
    def limit_link(self, share: FairShare) -> str:
        return self.link(Limit, share.limit_name, share.limit_name)
