"""The pages on which a job is edited, and cloned with changes."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from jobs.admin.jobs.job_form import JobForm
from jobs.admin.shared.gone import gone
from jobs.admin.shared.sent_once import was_sent_before
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import actor_of
from jobs.core.errors import JobsError
from jobs.core.states import JobState
from jobs.models import Job
from jobs.services.clone import job_clone
from jobs.services.edit import job_edit

EDIT = (
    "Only what has not started can be edited. A new payload is checked as any other; values that "
    "stay masked are kept."
)
CLONE = (
    "A new job of the same type is enqueued, and you are its client; this one stays as it is. Of a "
    "type that derives its effect key from the payload, a clone of a job that has succeeded is "
    "skipped unless that part is changed."
)
DONE = {"Edit": "Edited", "Clone": "Cloned, as"}


class JobPages(ModelAdmin):
    """Adds `<id>/edit/` and `<id>/clone/` to the pages of jobs."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"jobs_job_{name}",
            )
            for name, view in (("edit", self.edit_view), ("clone", self.clone_view))
        ] + super().get_urls()

    def can_edit(self, request: HttpRequest, job: Job) -> bool:
        """Whether this person may, and the job has not started."""
        is_new = job.state == JobState.QUEUED and not job.errors
        return is_new and request.user.has_perm("jobs.change_job")

    def can_clone(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_job")

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of an edit; 403 without the permission `jobs.change_job`."""
        if not request.user.has_perm("jobs.change_job"):
            raise PermissionDenied

        def edit(job: Job, form: JobForm) -> Job:
            return job_edit(
                job_id=job.pk,
                changes=form.changes(),
                actor=actor_of(request.user),
                reason=form.cleaned_data["reason"],
            )

        return self._form_page(request, object_id, "Edit", EDIT, edit)

    def clone_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a clone; 403 without the permission `jobs.add_job`."""
        if not self.can_clone(request):
            raise PermissionDenied

        def clone(job: Job, form: JobForm) -> Job:
            said = form.cleaned_data
            return job_clone(
                job_id=job.pk,
                payload=said["payload"],
                queue=said["queue"],
                priority=said["priority"],
                delay_seconds=said["delay_seconds"],
                submitted_by_id=request.user.pk,
                actor=actor_of(request.user),
                reason=said["reason"],
            )

        return self._form_page(request, object_id, "Clone", CLONE, clone)

    def _form_page(
        self, request: HttpRequest, object_id: str, verb: str, explanation: str, apply: Any
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if job is None:
            return gone(self, request, object_id)
        form = JobForm(job, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if was_sent_before(self, request):
                return HttpResponseRedirect(_page_of(job))
            try:
                made: Job = apply(job, form)
            except JobsError as error:
                form.refused(error)
            except Job.DoesNotExist:
                return gone(self, request, object_id)
            else:
                self.message_user(request, f"{DONE[verb]}: {made}.", level=messages.SUCCESS)
                return HttpResponseRedirect(_page_of(made))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb} {job}",
            "crumb": verb,
            "opts": self.opts,
            "original": job,
            "media": self.media + form.media,
            "form": form,
            "verb": verb,
            "explanation": explanation,
        }
        return TemplateResponse(request, "admin/jobs/job/form.html", context)


def _page_of(job: Job) -> str:
    return reverse("admin:jobs_job_change", args=[quote(str(job.pk))])
