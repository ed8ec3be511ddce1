"""Key waits in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.search import as_uuid, keys_matching
from jobs.models import Job, KeyWait
from jobs.templatetags.moments import moment


class KeyWaitAdmin(ReadOnlyAdmin):
    """Which jobs were deferred because another job owns their effect key."""

    list_display = ("job_link", "key", "deferred_until")
    fields = list_display
    search_help_text = "The beginning of a key, with or without its job type, or the id of a job."

    def search(self, term: str) -> Q:
        job_id = as_uuid(term)
        return keys_matching(term) if job_id is None else Q(job_id=job_id)

    @admin.display(description="job")
    def job_link(self, wait: KeyWait) -> str:
        return self.link(Job, wait.job_id, str(wait.job_id))

    @admin.display(description="deferred until")
    def deferred_until(self, wait: KeyWait) -> str:
        return moment(wait.until)
