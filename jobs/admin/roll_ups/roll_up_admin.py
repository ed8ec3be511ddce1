"""Roll-ups in the admin: what charts and figures are made of."""

from django.contrib import admin

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import column, duration_column, moment_column
from jobs.core.histogram import BOUNDS
from jobs.models import RollUp
from jobs.templatetags.durations import duration
from jobs.templatetags.moments import EMPTY


class RollUpAdmin(ReadOnlyAdmin):
    """Every count, newest first.

    No filters and no search: the statement that records outcomes writes these rows, so they have
    no index for people.
    """

    list_display = ("begins", "period", "queue", "type", "outcome", "count")
    fields = (
        *list_display,
        "each_waited",
        "each_ran",
        "all_waited",
        "all_ran",
        "folded",
    )
    search_fields = ()  # type: ignore[assignment]  # no search box
    empty_hint = "What ends is counted here. Start a worker with manage.py runworker."

    begins = moment_column("begins_at", "begins")
    period = duration_column("seconds", "period")
    all_waited = duration_column("wait_seconds", "all of them waited")
    all_ran = duration_column("run_seconds", "all of them ran")
    folded = column("is_folded", "folded", boolean=True)

    @admin.display(description="each waited")
    def each_waited(self, row: RollUp) -> str:
        return _bucket_in_words(row.wait_bucket)

    @admin.display(description="each ran")
    def each_ran(self, row: RollUp) -> str:
        return _bucket_in_words(row.run_bucket)


def _bucket_in_words(number: int | None) -> str:
    """Between which seconds the values of a bucket lie."""
    if number is None:
        return EMPTY
    if number == 0:
        return f"up to {duration(BOUNDS[0])}"
    if number >= len(BOUNDS):
        return f"longer than {duration(BOUNDS[-1])}"
    return f"{duration(BOUNDS[number - 1])} to {duration(BOUNDS[number])}"
