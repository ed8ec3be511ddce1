"""`GET /openapi.json`, asked by many clients of a process that has just started."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import RequestFactory

from scheduler.openapi import document_view
from scheduler.openapi.document_view import OpenApiView


@pytest.fixture(autouse=True)
def nothing_made() -> Iterator[None]:
    document_view._text.cache_clear()
    yield
    document_view._text.cache_clear()


def test_one_thread_makes_the_document_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once would mix what each has found, in classes, and keep the mixture."""
    makers: list[int] = []
    is_second_there = threading.Event()

    def made(_: Any) -> dict[str, int]:
        makers.append(threading.get_ident())
        if len(makers) > 1:
            is_second_there.set()
        is_second_there.wait(0.5)  # it comes within that time only if nothing keeps it away
        return {"makers": len(makers)}

    monkeypatch.setattr(document_view, "openapi_document", made)
    view: Any = OpenApiView.as_view()

    def asked(_: int) -> bytes:
        content: bytes = view(RequestFactory().get("/openapi.json")).content
        return content

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(asked, range(2)))

    assert answers == [b'{"makers": 1}'] * 2
