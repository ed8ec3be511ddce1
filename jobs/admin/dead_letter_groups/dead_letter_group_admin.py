"""Groups of dead letters in the admin: which problem it is, whose, since when, and what to do."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator

from jobs.admin.dead_letter_groups.discard_page import confirmed, counted, discard, discard_page
from jobs.admin.dead_letter_groups.rows import group_rows
from jobs.admin.dead_letter_groups.triage import DECISIONS, GROWTH_MAX, NOTE_MAX
from jobs.admin.redrives.start_page import may_redrive
from jobs.admin.shared.events import events_about
from jobs.admin.shared.not_posted import not_posted
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.sent_once import was_sent_before
from jobs.admin.shared.time_limit import within_limit
from jobs.core.redrive_errors import UnknownPerson
from jobs.handlers.registry import job_types
from jobs.models import DeadLetter, DeadLetterGroup
from jobs.services.dead_letter_groups import group_of, groups_now
from jobs.services.dead_letter_groups.groups import ORDERS
from jobs.services.dead_letter_groups.triage import SUBJECT
from jobs.templatetags.links import may_see
from jobs.templatetags.moments import moment

PER_PAGE, LETTERS_SHOWN = 50, 20
# Characters of an error that stand in the way to the page.
CRUMB_MAX = 60
_SHOWN = {"open": False, "muted": True, "all": None}


class DeadLetterGroupAdmin(ReadOnlyAdmin):
    """Waiting dead letters by the fingerprint of their error. A group needs no row of its own."""

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.triage_view)
        discard_all = self.admin_site.admin_view(self.discard_view)
        return [
            path("<path:object_id>/triage/", decide, name="jobs_deadlettergroup_triage"),
            path("<path:object_id>/discard/", discard_all, name="jobs_deadlettergroup_discard"),
            *super().get_urls(),
        ]

    def has_triage_permission(self, request: HttpRequest) -> bool:
        """To assign, mute and write notes."""
        return request.user.has_perm("jobs.triage_deadletter")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """To discard all of a group, which takes what it takes to discard one of it."""
        return request.user.has_perm("jobs.discard_deadletter")

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
            crumb=Truncator(group.error if group else "").chars(CRUMB_MAX) or fingerprint,
            fingerprint=fingerprint,
            row=group_rows([group])[0] if group else None,
            letters=[
                {"letter": one, "died": moment(one.created_at)}
                for one in newest.select_related("submitted_by")[:LETTERS_SHOWN]
            ],
            events=events_about(request, SUBJECT, fingerprint),
            may_list=may_see(request, DeadLetter),
            may_triage=self.has_triage_permission(request),
            may_redrive=group is not None and may_redrive(request),
            may_discard=group is not None and self.has_discard_permission(request),
            note_max=NOTE_MAX,
            growth_max=GROWTH_MAX,
        )
        return TemplateResponse(request, "admin/jobs/deadlettergroup/record.html", context)

    def triage_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Assigns, mutes, shows again, or keeps a note; then the page of the group again."""
        fingerprint = _fingerprint(object_id)
        if request.method != "POST":
            return not_posted(self, request, fingerprint)
        if not (self.has_view_permission(request) and self.has_triage_permission(request)):
            raise PermissionDenied
        if was_sent_before(self, request):
            return _page_of(fingerprint)
        decide = DECISIONS.get(request.POST.get("decision", ""))
        if decide is not None:
            try:
                self.message_user(request, decide(request, fingerprint), messages.SUCCESS)
            except UnknownPerson as error:
                self.message_user(request, f"Nothing was changed: {error}.", messages.ERROR)
            except DeadLetter.DoesNotExist:
                raise Http404 from None
        return _page_of(fingerprint)

    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks whether all of a group are to be discarded; once that is confirmed, does it."""
        if not (self.has_view_permission(request) and self.has_discard_permission(request)):
            raise PermissionDenied
        fingerprint = _fingerprint(object_id)
        seen = confirmed(request, fingerprint) if request.method == "POST" else None
        if seen is None:
            if group := group_of(fingerprint):
                return discard_page(self, request, group)
            self.message_user(request, "None of this group waits any more.", messages.WARNING)
            return _page_of(fingerprint)
        if was_sent_before(self, request):
            return _page_of(fingerprint)
        try:
            done = discard(request, seen)
        except DeadLetter.DoesNotExist:
            raise Http404 from None
        group_record = DeadLetterGroup(fingerprint=fingerprint)
        self.log_change(request, group_record, f"Discarded {counted(done.discarded)}.")
        self.message_user(request, f"{counted(done.discarded)} discarded.", messages.SUCCESS)
        if done.left:
            said = f"{counted(done.left)} could not be discarded yet: discard the group again."
            self.message_user(request, said, messages.WARNING)
        return _page_of(fingerprint)

    def _context(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            **context,
        }


def _fingerprint(object_id: str) -> str:
    """The one in an address; raises Http404 where none is left of it."""
    if fingerprint := unquote(object_id).replace("\x00", ""):
        return fingerprint
    raise Http404


def _page_of(fingerprint: str) -> HttpResponse:
    page = reverse("admin:jobs_deadlettergroup_change", args=[quote(fingerprint)])
    return HttpResponseRedirect(page)


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _address(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["p"] = str(page)
    return f"?{query.urlencode()}"
