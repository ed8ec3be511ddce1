"""Stored answers in the admin."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html

from jobs.admin.shared.read_only import ReadOnlyAdmin, ReadOnlyList
from jobs.admin.shared.rendering import moment_column
from jobs.admin.shared.search import clients_named
from jobs.models import StoredAnswer


class StoredAnswerList(ReadOnlyList):
    """The rows of one page, with the clients of all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _find_clients(list(self.result_list))


class StoredAnswerAdmin(ReadOnlyAdmin):
    """Which calls had the header `Idempotency-Key`, and their status; what they were told is not
    shown."""

    list_display = ("call", "header", "client", "status", "created")
    fields = ("call", "header", "client", "status", "created", "key")
    list_defer = ("body", "headers")
    search_help_text = "The name of a client, or a whole key as its page shows it."
    empty_hint = "The answer to a call with the header Idempotency-Key is kept for a while."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StoredAnswerList

    def search(self, term: str) -> Q:
        found = Q(key=term)
        for client in clients_named(term):
            found |= Q(key__startswith=f"{client}:")
        return found

    @admin.display(description="call")
    def call(self, answer: StoredAnswer) -> str:
        return answer.parts.call

    @admin.display(description="Idempotency-Key")
    def header(self, answer: StoredAnswer) -> str:
        return format_html("<span>{}</span>", answer.parts.header)

    @admin.display(description="client")
    def client(self, answer: StoredAnswer) -> str:
        if not hasattr(answer, "found_client"):
            _find_clients([answer])
        found = answer.found_client  # type: ignore[attr-defined]  # set below
        if found is None:
            return f"account {answer.parts.client}, which is gone"
        return self.link(type(found), found.pk, str(found))

    created = moment_column("created_at", "stored")


def _find_clients(answers: Iterable[StoredAnswer]) -> None:
    """Puts its client beside each row, in one query for all of them; None for one that is gone."""
    users = get_user_model()
    wanted = {key for one in answers if (key := _as_key(one.parts.client)) is not None}
    found = users._default_manager.in_bulk(wanted) if wanted else {}
    for one in answers:
        one.found_client = found.get(_as_key(one.parts.client))  # type: ignore[attr-defined]


def _as_key(text: str) -> Any:
    """The text as a primary key of accounts; None if it is none."""
    try:
        return get_user_model()._meta.pk.to_python(text)
    except ValidationError:
        return None
