"""Slots in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column
from jobs.admin.shared.search import as_uuid
from jobs.models import Job, Limit, Slot


class SlotAdmin(ReadOnlyAdmin):
    """Which admitted jobs take a place under a limit."""

    list_display = ("job_link", "limit_link", "admitted")
    fields = list_display
    search_help_text = "The name of a limit, or the id of a job."

    def search(self, term: str) -> Q:
        job_id = as_uuid(term)
        return Q(limit_name=term) if job_id is None else Q(job_id=job_id)

    @admin.display(description="job")
    def job_link(self, slot: Slot) -> str:
        return self.link(Job, slot.job_id, str(slot.job_id))

    @admin.display(description="limit")
    def limit_link(self, slot: Slot) -> str:
        return self.link(Limit, slot.limit_name, slot.limit_name)

    admitted = moment_column("admitted_at", "admitted")
