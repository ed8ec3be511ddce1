"""Counts of dead letters in the admin: what the groups are added up from."""

from django.db.models import Q

from jobs.admin.shared.filters import TypeFilter
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import column, duration_column, moment_column


class DeadLetterCountAdmin(ReadOnlyAdmin):
    """Every count, newest first."""

    list_display = ("begins", "period", "type", "fingerprint", "waiting", "deaths")
    fields = (*list_display, "folded")
    list_filter = (TypeFilter,)
    search_help_text = "A fingerprint."

    begins = moment_column("begins_at", "begins")
    period = duration_column("seconds", "period")
    folded = column("is_folded", "folded", boolean=True)

    def search(self, term: str) -> Q:
        return Q(fingerprint=term)
