"""Groups of dead letters in the admin: which problem it is, whose, since when, and what to do."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from jobs.admin.dead_letter_groups.rows import group_rows
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.rendering import moment
from jobs.admin.shared.time_limit import within_limit
from jobs.core.actor import actor_of
from jobs.core.redrive_errors import UnknownPerson
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter, Event
from jobs.services.dead_letter_groups import (
    group_assign,
    group_mute,
    group_note,
    group_of,
    group_unmute,
    groups_now,
)
from jobs.services.dead_letter_groups.groups import ORDERS
from jobs.services.dead_letter_groups.triage import SUBJECT

PER_PAGE, LETTERS_SHOWN, EVENTS_SHOWN = 50, 20, 20
NOTE_MAX, GROWTH_MAX = 2_000, 1_000_000
_SHOWN = {"open": False, "muted": True, "all": None}


class DeadLetterGroupAdmin(ReadOnlyAdmin):
    """Waiting dead letters by the fingerprint of their error. A group needs no row of its own."""

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.triage_view)
        own = path("<path:object_id>/triage/", decide, name="jobs_deadlettergroup_triage")
        return [own, *super().get_urls()]

    def has_triage_permission(self, request: HttpRequest) -> bool:
        """To assign, mute and write notes."""
        return request.user.has_perm("jobs.triage_deadletter")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list: what needs a person, unless others are asked for."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return within_limit(lambda: self._list(request), lambda: self._too_slow(request))

    def _list(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET
        order = asked.get("order", "")
        order = order if order in ORDERS else "count"
        shown = asked.get("shown", "")
        shown = shown if shown in _SHOWN else "open"
        job_type = asked.get("type", "").replace("\x00", "") or None
        mine = request.user.get_username() if asked.get("mine") == "1" else None
        page = _page_number(asked.get("p", ""))
        found = groups_now(
            order=order,
            muted=_SHOWN[shown],
            job_type=job_type,
            assigned_to=mine,
            first=page * PER_PAGE,
            limit=PER_PAGE,
        )
        context = self._context(
            request,
            title="Dead letter groups",
            rows=group_rows(found.groups),
            total=found.total,
            is_capped=found.is_capped,
            orders=list(ORDERS),
            order=order,
            shown=shown,
            shown_choices=list(_SHOWN),
            types=job_types.names(),
            type=job_type,
            mine=mine is not None,
            page=page,
            previous=_address(request, page - 1) if page else None,
            next=_address(request, page + 1) if (page + 1) * PER_PAGE < found.total else None,
        )
        return TemplateResponse(request, "admin/jobs/deadlettergroup/list.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One group: its facts, its newest dead letters, and what this person may decide."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        fingerprint = unquote(object_id).replace("\x00", "")
        return within_limit(
            lambda: self._record(request, fingerprint), lambda: self._too_slow(request)
        )

    def _record(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        group = group_of(fingerprint)
        letters = DeadLetter.objects.filter(fingerprint=fingerprint)
        if group is None and not letters.exists():
            raise Http404
        newest = letters.waiting().order_by("-id").defer("payload", "attempts")
        context = self._context(
            request,
            title="Dead letter group",
            fingerprint=fingerprint,
            row=group_rows([group])[0] if group else None,
            letters=[
                {"letter": one, "died": moment(one.created_at)}
                for one in newest.select_related("submitted_by")[:LETTERS_SHOWN]
            ],
            events=Event.objects.about(SUBJECT, fingerprint)[:EVENTS_SHOWN],
            may_triage=self.has_triage_permission(request),
            may_redrive=group is not None and request.user.has_perm("jobs.replay_deadletter"),
            note_max=NOTE_MAX,
            growth_max=GROWTH_MAX,
        )
        return TemplateResponse(request, "admin/jobs/deadlettergroup/record.html", context)

    def triage_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Assigns, mutes, shows again, or keeps a note; then the page of the group again."""
        if request.method != "POST" or not self.has_triage_permission(request):
            raise PermissionDenied
        fingerprint = unquote(object_id).replace("\x00", "")
        decide = _DECISIONS.get(request.POST.get("decision", ""))
        if decide is not None:
            try:
                self.message_user(request, decide(request, fingerprint), messages.SUCCESS)
            except UnknownPerson as error:
                self.message_user(request, f"Nothing was changed: {error}.", messages.ERROR)
            except DeadLetter.DoesNotExist:
                raise Http404 from None
        page = reverse("admin:jobs_deadlettergroup_change", args=[quote(fingerprint)])
        return HttpResponseRedirect(page)

    def _context(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            **context,
        }


def _assign(request: HttpRequest, fingerprint: str) -> str:
    name = text_in(request, "assigned_to", most=254)
    group_assign(fingerprint=fingerprint, assigned_to=name, actor=actor_of(request.user))
    return f"Assigned to {name}." if name else "Assigned to nobody."


def _mute(request: HttpRequest, fingerprint: str) -> str:
    growth = text_in(request, "growth", most=10)
    number = min(int(growth), GROWTH_MAX) if growth.isascii() and growth.isdecimal() else 0
    if number < 1:
        return "Nothing was changed: say by how many it is to grow."
    group_mute(
        fingerprint=fingerprint,
        growth=number,
        actor=actor_of(request.user),
        reason=text_in(request),
    )
    return f"Muted until {number:,} more wait."


def _unmute(request: HttpRequest, fingerprint: str) -> str:
    group_unmute(fingerprint=fingerprint, actor=actor_of(request.user), reason=text_in(request))
    return "Shown again."


def _note(request: HttpRequest, fingerprint: str) -> str:
    note = text_in(request, "note", most=NOTE_MAX)
    if not note:
        return "Nothing was kept: the note is empty."
    group_note(fingerprint=fingerprint, note=note, actor=actor_of(request.user))
    return "The note is kept."


_DECISIONS: dict[str, Callable[[HttpRequest, str], str]] = {
    "assign": _assign,
    "mute": _mute,
    "unmute": _unmute,
    "note": _note,
}


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _address(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["p"] = str(page)
    return f"?{query.urlencode()}"
