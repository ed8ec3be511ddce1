"""A redrive is started in the admin: what it would do is shown, then it is confirmed.

The selection goes from page to page in a signed text, so that it is the one that was shown.
"""

from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.redrives.selection_in_words import selection_in_words
from jobs.admin.redrives.start_form import RedriveForm
from jobs.admin.shared.decision import TYPED_ABOVE, is_confirmed
from jobs.core.selection import Selection
from jobs.models import Redrive
from jobs.services.dead_letter_groups import group_called, group_of
from jobs.services.dead_letters.payload_change import MISSING
from jobs.services.redrives import letters_selected, redrive_start, redrive_trial
from jobs.services.redrives.selected import interrupted_among
from jobs.services.time_limit import statements_within
from jobs.services.visibility import VIEW_DEAD_LETTERS, may_change_payloads

_SALT = "jobs.admin.redrive"
# A page that was left open longer than this shows what is no longer so.
_PAGE_SECONDS = 3_600
_COUNT_SECONDS = 3.0


class Asked(NamedTuple):
    """What the person has seen: the selection, and how many it found."""

    selection: Selection
    number: int


def may_redrive(request: HttpRequest) -> bool:
    """Whether this person may start one here: of all clients' dead letters, so that it takes the
    permission to see those, as over the API."""
    return request.user.has_perms(["jobs.replay_deadletter", VIEW_DEAD_LETTERS])


def signed(selection: Selection, count: int = 0) -> str:
    """The selection as it goes from page to page."""
    value = {"selection": selection.stored(), "count": count}
    return signing.dumps(value, salt=_SALT, compress=True)


def asked_in(request: HttpRequest) -> Asked | None:
    """What the last page showed; None if this is no answer to a page of ours."""
    try:
        text = request.POST.get("selection", "")
        value = signing.loads(text, salt=_SALT, max_age=_PAGE_SECONDS)
    except signing.BadSignature:
        return None
    return Asked(Selection.of(value["selection"]), value["count"])


def start_page(request: HttpRequest, site: AdminSite, selection: Selection) -> HttpResponse:
    """The form: how fast, when it stops, which change, and why."""
    return _page(request, site, RedriveForm(), selection)


def check_page(request: HttpRequest, site: AdminSite, selection: Selection) -> HttpResponse:
    """What it would do, and whether the person means it; the form again if it is not complete."""
    form = RedriveForm(request.POST)
    if not form.is_valid():
        return _page(request, site, form, selection)
    said = form.cleaned_data
    if said["changes"] and not may_change_payloads(request.user):
        form.add_error("changes", "To change payloads needs the permission jobs.change_job.")
        return _page(request, site, form, selection)
    selection = selection._replace(include_interrupted=said["include_interrupted"])
    return _page(request, site, form, selection, is_checked=True)


def said_in(request: HttpRequest, asked: Asked) -> dict[str, Any] | str:
    """What the person has confirmed; or why it cannot be started, in one sentence."""
    form = RedriveForm(request.POST)
    if not form.is_valid():
        return "the form is not complete."
    said = form.cleaned_data
    if said["changes"] and not may_change_payloads(request.user):
        return "to change payloads needs the permission jobs.change_job."
    if not is_confirmed(request, asked.number):
        return f"type {asked.number}, the number of dead letters, to confirm it."
    return said


def start(request: HttpRequest, asked: Asked, said: dict[str, Any]) -> Redrive:
    """The redrive, which has begun. Raises NothingSelected."""
    return redrive_start(
        selection=asked.selection._replace(include_interrupted=said["include_interrupted"]),
        rate=said["rate"],
        stop_at_percent=said["stop_at_percent"],
        changes=said["changes"],
        created_by_id=request.user.pk,
        reason=said["reason"],
    )


def _page(
    request: HttpRequest,
    site: AdminSite,
    form: RedriveForm,
    selection: Selection,
    *,
    is_checked: bool = False,
) -> HttpResponse:
    request.current_app = site.name
    with statements_within(_COUNT_SECONDS):
        count, interrupted = _counts(selection)
    context: dict[str, Any] = {
        **site.each_context(request),
        "opts": Redrive._meta,
        "media": site.get_model_admin(Redrive).media,
        "title": "Redrive",
        "crumb": "Start",
        "form": form,
        "selection": signed(selection, count),
        "in_words": _in_words(selection),
        "count": count,
        "interrupted": interrupted,
        "typed_above": TYPED_ABOVE,
        "is_checked": is_checked,
        "fingerprint": selection.fingerprint,
    }
    if is_checked:
        changes = form.cleaned_data["changes"]
        trial = redrive_trial(selection=selection, changes=changes)
        context |= {"said": form.cleaned_data, "trial": trial, "changes": changes}
        context["differences"] = [
            (one.field, *(None if v is MISSING else v for v in (one.before, one.after)))
            for one in trial.differences
        ]
        context["given"] = [
            (name, form.data.get(name, "")) for name in form.fields if form.data.get(name)
        ]
    return TemplateResponse(request, "admin/jobs/redrive/start.html", context)


def _in_words(selection: Selection) -> str:
    called = group_called(selection.fingerprint) if selection.fingerprint is not None else None
    if called is None:
        return selection_in_words(selection)
    return selection_in_words(selection._replace(type=called.type), called.error)


def _counts(selection: Selection) -> tuple[int, int]:
    """How many it finds now, and how many it leaves out because their effect may have happened.

    Those of a whole group are known; others are counted.
    """
    includes = selection.include_interrupted
    group_alone = Selection(fingerprint=selection.fingerprint, include_interrupted=includes)
    if selection.fingerprint is not None and selection == group_alone:
        group = group_of(selection.fingerprint)
        if group is None:
            return 0, 0
        return (
            (group.count, 0) if includes else (group.count - group.interrupted, group.interrupted)
        )
    left_out = 0 if includes else interrupted_among(selection).count()
    return letters_selected(selection).count(), left_out
