"""What was chosen once is chosen again, for the same header and the same classes alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, FormParser, JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer, StaticHTMLRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from scheduler.http import negotiation
from scheduler.http.negotiation import Negotiation

ACCEPTED = [
    None,
    "*/*",
    "text/html",
    "application/json",
    "application/json; indent=4",
    "text/html, application/json;q=0.9",
    "application/*",
]
SENT = ["application/json", "application/json; charset=utf-8", "text/plain", ""]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Negotiation, "_renderers", {})
    monkeypatch.setattr(Negotiation, "_parsers", {})


def request(accept: str | None = None, content_type: str = "application/json") -> Request:
    headers: dict[str, Any] = {} if accept is None else {"HTTP_ACCEPT": accept}
    return Request(
        APIRequestFactory().generic("POST", "/", "{}", content_type=content_type, **headers)
    )


def renderers() -> Sequence[BaseRenderer]:
    return [JSONRenderer(), StaticHTMLRenderer()]


def parsers() -> Sequence[BaseParser]:
    return [JSONParser(), FormParser()]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_renderer_is_the_one_of_drf(accept: str | None) -> None:
    expected, media_type = DefaultContentNegotiation().select_renderer(request(accept), renderers())
    for _ in range(2):
        given = renderers()
        chosen, chosen_type = Negotiation().select_renderer(request(accept), given)
        assert (type(chosen), chosen_type) == (type(expected), media_type)
        assert chosen in given, "an instance of another request"


def test_the_order_of_a_view_counts() -> None:
    first, last = renderers()
    assert Negotiation().select_renderer(request(), [first, last])[0] is first
    assert Negotiation().select_renderer(request(), [last, first])[0] is last


def test_what_nobody_renders_is_refused_every_time() -> None:
    for _ in range(2):
        with pytest.raises(NotAcceptable):
            Negotiation().select_renderer(request("image/png"), renderers())


@pytest.mark.parametrize("sent", SENT)
def test_the_parser_is_the_one_of_drf(sent: str) -> None:
    expected = DefaultContentNegotiation().select_parser(request(content_type=sent), parsers())
    for _ in range(2):
        given = parsers()
        chosen = Negotiation().select_parser(request(content_type=sent), given)
        assert type(chosen) is type(expected)
        assert chosen is None or chosen in given


def test_headers_that_differ_each_time_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negotiation, "_KNOWN_MAX", 3)
    for number in range(10):
        one = request(f"application/json;q=0.{number + 1}", f"application/json; v={number}")
        assert type(Negotiation().select_renderer(one, renderers())[0]) is JSONRenderer
        assert type(Negotiation().select_parser(one, parsers())) is JSONParser
    assert (len(Negotiation._renderers), len(Negotiation._parsers)) == (3, 3)
    long = request("image/png, " * 30 + "application/json", f"application/json; v={'x' * 300}")
    assert type(Negotiation().select_renderer(long, renderers())[0]) is JSONRenderer
    assert Negotiation().select_parser(long, parsers()) is None
