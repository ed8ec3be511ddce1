"""Results of handlers in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column
from jobs.admin.shared.search import as_uuid
from jobs.models import Job, JobResult


class JobResultAdmin(ReadOnlyAdmin):
    """Which jobs have a result; the result itself is shown, masked, on the page of its job."""

    list_display = ("job_link", "problem", "created")
    fields = list_display
    list_defer = ("value",)
    search_help_text = "The id of a job."

    def search(self, term: str) -> Q:
        return Q(job_id=as_uuid(term))

    @admin.display(description="job")
    def job_link(self, result: JobResult) -> str:
        return self.link(Job, result.job_id, str(result.job_id))

    created = moment_column("created_at", "written")
