"""Roll-ups in the admin: what charts and figures are made of."""

from django.db.models import Q

from jobs.admin.shared.filters import QueueFilter, TypeFilter
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column


class RollUpAdmin(ReadOnlyAdmin):
    """Every count, newest first."""

    list_display = ("begins", "seconds", "queue", "type", "outcome", "count")
    fields = (
        *list_display,
        "wait_bucket",
        "run_bucket",
        "wait_seconds",
        "run_seconds",
        "is_folded",
    )
    list_filter = (TypeFilter, QueueFilter)
    search_help_text = "An outcome: succeeded, retried, dead ..."

    begins = moment_column("begins_at", "begins")

    def search(self, term: str) -> Q:
        return Q(outcome=term)
