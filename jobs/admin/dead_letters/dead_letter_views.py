"""Pages beside the record of a dead letter: its payload in an editor, and what people say of it."""

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from jobs.admin.dead_letters.payload_editor import (
    PayloadForm,
    editor_page,
    empty_form,
    is_fitting,
)
from jobs.admin.shared.gone import gone
from jobs.admin.shared.not_posted import not_posted
from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.reason import text_in
from jobs.admin.shared.sent_once import was_sent_before
from jobs.core.actor import actor_of
from jobs.core.errors import DeadLetterResolved, JobNotDead
from jobs.core.redrive_errors import UnknownPerson
from jobs.models import DeadLetter
from jobs.services.dead_letters import (
    dead_letter_assign,
    dead_letter_note,
    dead_letter_replay,
)
from jobs.services.visibility import EDIT_JOBS

NOTE_MAX = 2_000


class DeadLetterViews(ReadOnlyAdmin):
    """The admin of dead letters with these pages."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        own = (
            ("edit", self.edit_view, "jobs_deadletter_edit"),
            ("triage", self.triage_view, "jobs_deadletter_triage"),
        )
        return [
            *(
                path(f"<path:object_id>/{end}/", site.admin_view(view), name=name)
                for end, view, name in own
            ),
            *super().get_urls(),
        ]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.replay_deadletter")

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The payload in an editor; what changes; and then a replay with it."""
        letter = self._letter(request, object_id)
        if not self.may_edit(request):
            raise PermissionDenied
        if request.method != "POST":
            return editor_page(self, request, letter, empty_form(letter))
        form = PayloadForm(request.POST)
        if not is_fitting(form, letter) or request.POST.get("confirmed") != "yes":
            return editor_page(self, request, letter, form)
        if was_sent_before(self, request):
            return self._back_to(letter)
        try:
            with transaction.atomic():  # the decision and its log entry, or neither
                replayed = dead_letter_replay(
                    dead_letter_id=letter.pk,
                    resolved_by_id=request.user.pk,
                    reason=form.cleaned_data["reason"],
                    payload=form.cleaned_data["payload"],
                )
                self.log_change(request, replayed, "Replayed with another payload.")
        except (DeadLetterResolved, JobNotDead) as error:
            self.message_user(request, f"Nothing was replayed: {error}.", messages.ERROR)
        except DeadLetter.DoesNotExist:
            return gone(self, request, str(letter.pk))
        else:
            self.message_user(request, "Replayed with another payload.", messages.SUCCESS)
        return self._back_to(letter)

    def triage_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Assigns it, or keeps a note; then its page again."""
        if request.method != "POST":
            return not_posted(self, request, unquote(object_id))
        letter = self._letter(request, object_id)
        if not request.user.has_perm("jobs.triage_deadletter"):
            raise PermissionDenied
        if was_sent_before(self, request):
            return self._back_to(letter)
        actor, note = actor_of(request.user), text_in(request, "note", most=NOTE_MAX)
        if note:
            dead_letter_note(dead_letter_id=letter.pk, note=note, actor=actor)
            self.message_user(request, "The note is kept.", messages.SUCCESS)
        elif "assigned_to" in request.POST:
            name = text_in(request, "assigned_to", most=254)
            try:
                dead_letter_assign(dead_letter_id=letter.pk, assigned_to=name, actor=actor)
            except UnknownPerson as error:
                self.message_user(request, f"Nothing was changed: {error}.", messages.ERROR)
            else:
                to = name or "nobody"
                self.message_user(request, f"Assigned to {to}.", messages.SUCCESS)
        return self._back_to(letter)

    def _letter(self, request: HttpRequest, object_id: str) -> DeadLetter:
        if not self.has_view_permission(request):
            raise PermissionDenied
        letter = self.get_object(request, unquote(object_id))
        if letter is None:
            raise Http404
        return letter  # type: ignore[no-any-return]

    def may_edit(self, request: HttpRequest) -> bool:
        """To replay with another payload takes what it takes to replay, and to edit jobs."""
        return self.has_replay_permission(request) and request.user.has_perm(EDIT_JOBS)

    def _back_to(self, letter: DeadLetter) -> HttpResponse:
        page = reverse("admin:jobs_deadletter_change", args=[quote(str(letter.pk))])
        return HttpResponseRedirect(page)
