"""A filtered list as a file, however long it is: CSV, or a JSON object a line.

Rows come in pages by their ids, each a statement of its own. An open cursor would do the same with
a transaction that lasts as long as the slowest client reads: it would keep PostgreSQL from cleaning
up after the workers, and occupy a connection. Memory holds one page, whatever the number of rows.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from jobs.core.actor import Actor
from jobs.core.attempt_error import error_summary
from jobs.core.effect_key import whole_effect_key
from jobs.models import DeadLetter, Event, Job
from jobs.services.events import event_record
from jobs.services.masking import masked_payload
from jobs.services.time_limit import statements_within

CSV, JSON_LINES = "csv", "jsonl"
FORMS = (CSV, JSON_LINES)

# Payloads may have 256 KB: a page of the largest takes 50 MB. Twice as many are hardly quicker.
PAGE = 200
# A page continues where the last one ended. One that finds its rows so slowly is not waited for.
PAGE_SECONDS = 30.0
# Spreadsheets take a cell that begins with one of these for a formula, also behind space; with an
# apostrophe before it, it is text. The last four are the wide forms of the first four.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# In many languages a spreadsheet parts cells at semicolons, and takes no heed of our quotes then: a
# formula in the middle of a text begins a cell of its own.
_AFTER_ANOTHER_SEPARATOR = re.compile('([;\t\r\n])(?=[ "]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')

Columns = Mapping[str, Callable[[Any], Any]]

JOB: Columns = {
    "id": lambda job: job.id,
    "type": lambda job: job.type,
    "queue": lambda job: job.queue,
    "priority": lambda job: job.priority,
    "state": lambda job: job.state,
    "attempt": lambda job: job.attempt,
    "submitted_by": lambda job: _name(job.submitted_by),
    "idempotency_key": lambda job: job.idempotency_key,
    "effect_key": lambda job: whole_effect_key(job.effect_key, job.id),
    "created_at": lambda job: job.created_at,
    "run_at": lambda job: job.run_at,
    "claimed_at": lambda job: job.claimed_at,
    "started_at": lambda job: job.started_at,
    "finished_at": lambda job: job.finished_at,
    "cancelled_by": lambda job: job.cancelled_by or None,
    "request_id": lambda job: job.request_id,
    "schedule": lambda job: job.schedule_id,
    "batch": lambda job: job.batch_id,
    "error": lambda job: error_summary(job.errors) or None,
    "payload": lambda job: masked_payload(job.type, job.payload),
}
DEAD_LETTER: Columns = {
    "id": lambda letter: letter.id,
    "job": lambda letter: letter.job_id,
    "type": lambda letter: letter.type,
    "queue": lambda letter: letter.queue,
    "reason": lambda letter: letter.reason,
    "error": lambda letter: letter.error,
    "fingerprint": lambda letter: letter.fingerprint or None,
    "attempt": lambda letter: letter.attempt,
    "submitted_by": lambda letter: _name(letter.submitted_by),
    "created_at": lambda letter: letter.created_at,
    "resolution": lambda letter: letter.resolution or "waiting",
    "resolved_at": lambda letter: letter.resolved_at,
    "resolved_by": lambda letter: letter.resolved_by_name or None,
    "payload": lambda letter: masked_payload(letter.type, letter.payload),
}
EVENT: Columns = {
    "id": lambda event: event.id,
    "at": lambda event: event.at,
    "actor_id": lambda event: event.actor_id or None,
    "actor_name": lambda event: event.actor_name or None,
    "action": lambda event: event.action,
    "subject_type": lambda event: event.subject_type,
    "subject_id": lambda event: event.subject_id,
    "reason": lambda event: event.reason or None,
    "before": lambda event: event.before,
    "after": lambda event: event.after,
    "request_id": lambda event: event.request_id or None,
    "trace_id": lambda event: event.trace_id or None,
}
# For each model that can be exported: its columns, the relations that they need, and large fields
# that they do not.
_EXPORTS: dict[type[Model], tuple[Columns, tuple[str, ...], tuple[str, ...]]] = {
    Job: (JOB, ("submitted_by",), ("given", "next_jobs", "limits")),
    DeadLetter: (DEAD_LETTER, ("submitted_by",), ("attempts",)),
    Event: (EVENT, (), ()),
}


def export_record(*, model: type[Model], query: str, form: str, actor: Actor) -> None:
    """Writes the event of an export; to be called before its first part is sent.

    `query`: the filters, as the address of the list has them; `form`: `csv` or `jsonl`.
    """
    event_record(
        action="list.exported",
        subject_type="list",
        subject_id=model._meta.model_name,
        actor=actor,
        after={"filters": query, "form": form},
    )


def export_parts(rows: QuerySet[Any], form: str) -> Iterator[bytes]:
    """The rows as parts of a file, newest first; payloads are masked.

    Each part may be asked for by another thread: between two nothing is held of the database.
    Raises StatementTooSlow where filters find too few rows, and the database's errors.
    """
    columns, related, deferred = _EXPORTS[rows.model]
    written = _csv if form == CSV else _json_lines
    if form == CSV:
        yield _csv_lines([list(columns)])
    for page in _pages(rows.select_related(*related).defer(None).defer(*deferred)):
        yield written(columns, page)


def _pages(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = rows.order_by("-id")
    last: UUID | None = None
    while True:
        following = rows if last is None else rows.filter(id__lt=last)
        with statements_within(PAGE_SECONDS):
            page = list(following[:PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1].id


def _csv(columns: Columns, page: list[Any]) -> bytes:
    return _csv_lines([[_cell(value(row)) for value in columns.values()] for row in page])


def _csv_lines(lines: list[list[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8", "replace")


def _json_lines(columns: Columns, page: list[Any]) -> bytes:
    lines = [
        json.dumps({name: _plain(value(row)) for name, value in columns.items()}) for row in page
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, int | float):
        return str(plain)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    text = _AFTER_ANOTHER_SEPARATOR.sub(r"\1'", text)
    return f"'{text}" if text.lstrip(' "').startswith(FORMULA) else text


def _plain(value: Any) -> Any:
    """What JSON has a form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _name(user: Any) -> str | None:
    return user.get_username() if user is not None else None
