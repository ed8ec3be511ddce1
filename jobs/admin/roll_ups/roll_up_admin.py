"""Roll-ups in the admin: what charts and figures are made of."""

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column


class RollUpAdmin(ReadOnlyAdmin):
    """Every count, newest first.

    No filters and no search: the statement that records outcomes writes these rows, so they have
    no index for people.
    """

    list_display = ("begins", "seconds", "queue", "type", "outcome", "count")
    fields = (
        *list_display,
        "wait_bucket",
        "run_bucket",
        "wait_seconds",
        "run_seconds",
        "is_folded",
    )
    search_fields = ()  # type: ignore[assignment]  # no search box

    begins = moment_column("begins_at", "begins")
