"""How values are shown in the admin. Everything is escaped."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from jobs.core.attempt_error import RecordedError, shown_attempts
from jobs.services.visibility import may_view_tracebacks
from jobs.templatetags.durations import duration
from jobs.templatetags.moments import EMPTY, moment


def moment_column(field: str, label: str) -> Callable[[Any, Model], str]:
    """A column of a `ModelAdmin` that shows a moment of the row."""

    @admin.display(description=label)
    def shown(self: Any, row: Model) -> str:
        return moment(getattr(row, field))

    return shown


def column(field: str, label: str, *, boolean: bool = False) -> Callable[[Any, Model], Any]:
    """A column with a label that says more than the name of the field."""

    @admin.display(description=label, boolean=boolean or None)
    def shown(self: Any, row: Model) -> Any:
        return getattr(row, field)

    return shown


def duration_column(field: str, label: str) -> Callable[[Any, Model], str]:
    """A column that shows seconds as people say them."""

    @admin.display(description=label)
    def shown(self: Any, row: Model) -> str:
        return duration(getattr(row, field))

    return shown


def badge(value: str, label: str = "") -> str:
    """A state as a coloured word."""
    return format_html('<span class="badge badge-{}">{}</span>', value, label or value)


def state_strip(states: Sequence[str]) -> str:
    """The states of the newest jobs as coloured marks, the newest on the right."""
    marks = format_html_join(
        "",
        '<span class="mark badge-{}" title="{}"><span class="visually-hidden">{}</span></span>',
        ((state, state, f"{state} ") for state in reversed(states)),
    )
    return format_html('<span class="strip">{}</span>', marks) if states else EMPTY


def figure(number: float) -> str:
    """A number as people read it: 1,234,567 and 0.3."""
    return f"{number:,.10g}"


def progress_bar(done: float, total: float | None) -> str:
    """A bar and its figures; only the figure where no total is known."""
    if total is None:
        return figure(done)
    bar = '<progress value="{}" max="{}"></progress> {} of {} ({} %)'
    share = min(100, int(done / total * 100))
    return format_html(bar, min(done, total), total, figure(done), figure(total), share)


def short_id(pk: UUID) -> str:
    """The random end of an id: the beginning is a time and nearly the same for neighbours."""
    return f"…{pk.hex[-12:]}"


def pretty_json(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def attempts_for(request: HttpRequest, attempts: Sequence[RecordedError]) -> list[dict[str, Any]]:
    """Failed attempts, the last one first, with `at` as a person reads it.

    Without tracebacks for those who may not see them.
    """
    shown = shown_attempts(attempts, with_tracebacks=may_view_tracebacks(request.user))
    return [
        {**attempt, "at": moment(datetime.fromisoformat(attempt["at"]))}
        for attempt in reversed(shown)
    ]
