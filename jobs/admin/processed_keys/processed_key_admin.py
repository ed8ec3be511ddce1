"""Processed keys in the admin."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import moment_column, record_link
from jobs.admin.shared.search import as_uuid, keys_matching
from jobs.models import Job, ProcessedKey


class ProcessedKeyAdmin(ReadOnlyAdmin):
    """Which job holds an effect key, and whether the effect is done."""

    list_display = ("key", "job_link", "created", "processed")
    fields = list_display
    search_help_text = "The beginning of a key, with or without its job type, or the id of a job."

    def search(self, term: str) -> Q:
        job_id = as_uuid(term)
        if job_id is None:
            return keys_matching(term)
        # Earlier versions wrote a key for a job that is its own, too: its id.
        keys = Job.objects.filter(id=job_id).values_list("effect_key", flat=True)
        return Q(key__in=[str(job_id), *keys])

    @admin.display(description="job")
    def job_link(self, key: ProcessedKey) -> str:
        return record_link(Job, key.job_id, str(key.job_id))

    created = moment_column("created_at", "taken")
    processed = moment_column("processed_at", "processed")
