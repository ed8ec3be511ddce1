"""What people decide about records: each decision is confirmed on a page of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse

from jobs.admin.shared.theme import ModelAdmin


@dataclass(frozen=True)
class Decision:
    """What a person may decide about a record.

    `verb` and `participle` name it in texts, `action` is the name of the admin action, and
    `service` applies it to one record, which it returns. `is_destructive`: no other decision brings
    back what it ends; its buttons are red.
    """

    verb: str
    participle: str
    action: str
    service: Callable[..., Model]
    is_destructive: bool = False


# About more records than this a person decides by typing how many they are.
TYPED_ABOVE = 100


def is_confirmed(request: HttpRequest, count: int = 1) -> bool:
    """Whether the request comes from the page that asks before a decision about `count` records."""
    if request.POST.get("confirmed") != "yes":
        return False
    return count <= TYPED_ABOVE or _typed(request) == str(count)


def _typed(request: HttpRequest) -> str:
    """The number as the person has typed it, also `1,234`."""
    return request.POST.get("typed", "").strip().replace(",", "")


def confirmation(
    model_admin: ModelAdmin,
    request: HttpRequest,
    decision: Decision,
    subjects: Iterable[Model],
    *,
    counted: str,
    count: int = 1,
    **context: Any,
) -> TemplateResponse:
    """The page that asks before a decision: the template `confirm.html` of the subjects' model.

    `counted` names the subjects in the title, and `count` says how many they are, which must be
    typed where they are many; `context` is for that template.
    """
    request.current_app = model_admin.admin_site.name
    opts = model_admin.opts
    return TemplateResponse(
        request,
        f"admin/jobs/{opts.model_name}/confirm.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": f"{decision.verb.capitalize()} {counted}?",
            "crumb": decision.verb.capitalize(),
            "opts": opts,
            "media": model_admin.media,
            "decision": decision,
            "subjects": subjects,
            "can_be_confirmed": True,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "to_type": count if count > TYPED_ABOVE else None,
            "is_wrong_number": request.POST.get("confirmed") == "yes"
            and _typed(request) != str(count),
            **context,
        },
    )
