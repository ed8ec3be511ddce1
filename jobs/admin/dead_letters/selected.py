"""What a person has selected in the list of dead letters, for a redrive."""

import time
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest

from jobs.admin.shared.filters import AgeFilter
from jobs.admin.shared.search import as_uuid
from jobs.core.selection import Selection
from jobs.services.redrives.start import IDS_MAX

# Filters of the list that are conditions of a selection; the others are below.
_CONDITIONS = {"fingerprint": "fingerprint", "type": "type", "queue": "queue"}


def selection_of(request: HttpRequest) -> Selection | None:
    """What is ticked; with *Select all* everything that the filters match.

    None if a search, or a filter on what was decided, is a part of it: these are no conditions.
    """
    if request.POST.get("select_across") != "1":
        ids = [as_uuid(one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)[:IDS_MAX]]
        return Selection(ids=tuple(one for one in ids if one is not None))
    asked = request.GET
    if asked.get("q") or asked.get("resolution"):
        return None
    found: dict[str, Any] = _ages(asked.get("age")) | {
        column: value
        for name, column in _CONDITIONS.items()
        if (value := asked.get(name, "").replace("\x00", ""))
    }
    return Selection(death_reason=asked.get("reason") or None, **found)


def _ages(age: str | None) -> dict[str, Any]:
    side, _, span = (age or "").partition("-")
    if span not in AgeFilter.seconds:
        return {}
    moment = datetime.fromtimestamp(time.time() - AgeFilter.seconds[span], UTC)
    return {"created_before" if side == "older" else "created_after": moment}
