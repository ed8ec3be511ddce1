"""Masked values of a payload on a page of their own: shown once, by POST, and recorded."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from jobs.admin.shared.gone import gone
from jobs.admin.shared.not_posted import not_posted
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.rendering import pretty_json
from jobs.admin.shared.theme import ModelAdmin
from jobs.core.actor import REASON_MAX, actor_of
from jobs.models import DeadLetter, Job
from jobs.services.reveal import has_masked_values, payload_reveal
from jobs.services.visibility import may_reveal


class RevealsPayload(ModelAdmin):
    """Adds `<id>/reveal/` to the pages of a model that has a payload."""

    def get_urls(self) -> list[URLPattern]:
        reveal = self.admin_site.admin_view(self.reveal_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_reveal"
        return [path("<path:object_id>/reveal/", reveal, name=name), *super().get_urls()]

    def reveal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The payload as it is stored, for those who may see it."""
        if request.method != "POST":
            return not_posted(self, request, unquote(object_id))
        record = self.get_object(request, object_id)
        if not may_reveal(request.user) or not self.has_view_permission(request, record):
            raise PermissionDenied
        if record is None:
            return gone(self, request, object_id)
        payload = payload_reveal(
            record=record, actor=actor_of(request.user), reason=text_in(request)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Payload, unmasked",
            "crumb": "Payload",
            "opts": self.opts,
            "original": record,
            "media": self.media,
            "payload": pretty_json(payload),
        }
        return TemplateResponse(request, "admin/jobs/revealed.html", context)

    def reveal_context(self, request: HttpRequest, record: Job | DeadLetter) -> dict[str, Any]:
        """What the page of a record needs to offer it; `can_reveal` is False where it may not."""
        can_reveal = may_reveal(request.user) and has_masked_values(record)
        return {"can_reveal": can_reveal, "reason_max": REASON_MAX}
