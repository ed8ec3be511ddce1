"""Progress of handlers in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column, progress_bar
from jobs.admin.shared.search import as_uuid
from jobs.models import Job, ProgressReport


class ProgressReportAdmin(ReadOnlyAdmin):
    """What handlers have reported last."""

    list_display = ("job_link", "bar", "message", "attempt", "reported")
    fields = list_display
    search_help_text = "The id of a job."

    def search(self, term: str) -> Q:
        return Q(job_id=as_uuid(term))

    @admin.display(description="job")
    def job_link(self, report: ProgressReport) -> str:
        return self.link(Job, report.job_id, str(report.job_id))

    @admin.display(description="progress")
    def bar(self, report: ProgressReport) -> str:
        return progress_bar(report.done, report.total)

    reported = moment_column("reported_at", "reported")
