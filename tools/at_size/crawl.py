"""Follows the links of the admin as a person would, to one page of each shape."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.urls import Resolver404, resolve

START = "/admin/"

_LINK = re.compile(r"""<a\b[^>]*?\bhref=["']([^"'#]+)""")
_SEARCH_BOX = re.compile(r"""<input\b[^>]*\bname=["']q["']""")
# They end the session, or belong to Django and not to a list of ours.
_LEFT_OUT = re.compile(r"/(logout|password_change|jsi18n|password|doc|autocomplete)/|^/admin/auth/")
# Where a list begins does not make it another one.
_LATER = {"p", "page", "cursor", "after", "before", "o"}
_PLACES = _LATER | {"_changelist_filters", "_facets"}
_ID = re.compile(r"^[0-9a-f]{8}-|^\d+$|^[0-9a-f]{16}$")
# Job types that only tests have.
_OF_TESTS = "tests."
# Records in another state have another page: one of each is opened.
_STATES = {"state", "resolution", "reason", "liveness"}


class Shape(NamedTuple):
    """What pages have in common that differ only in which row they are about.

    `source`: the shape of the list that leads to a record: records of another state show more.
    """

    view: str
    query: tuple[tuple[str, str], ...]
    is_later: bool
    source: "Shape | None" = None


class Crawl:
    """Reads one page of each shape.

    `filters`: how many filters are combined at most; `terms`: what is searched for in each list.
    """

    def __init__(self, read: Callable[[str], str], *, filters: int, terms: Sequence[str]) -> None:
        self._read, self._filters, self._terms = read, filters, terms
        self._seen: set[Shape] = set()
        self._left: deque[tuple[str, Shape]] = deque()

    def run(self, start: str = START) -> int:
        """Reads every page that links lead to; returns how many there were."""
        self._add(start, None)
        count = 0
        while self._left:
            address, shape = self._left.popleft()
            html = self._read(address)
            count += 1
            for link in self._links(address, html, shape):
                self._add(link, shape)
        return count

    def _links(self, address: str, html: str, shape: Shape) -> Iterator[str]:
        for href in _LINK.findall(html):
            link = urlsplit(urljoin(address, unescape(href)))
            if not link.netloc:
                yield f"{link.path}?{link.query}" if link.query else link.path
        if not shape.query and _SEARCH_BOX.search(html):
            for term in self._terms:
                yield f"{urlsplit(address).path}?{urlencode({'q': term})}"

    def _add(self, address: str, source: Shape | None) -> None:
        shape = _shape(address, source)
        if shape is None or shape in self._seen or len(shape.query) > self._filters:
            return
        self._seen.add(shape)
        self._left.append((address, shape))


def _shape(address: str, source: Shape | None) -> Shape | None:
    """None for what is not to be followed."""
    parts = urlsplit(address)
    if not parts.path.startswith(START) or _LEFT_OUT.search(parts.path):
        return None
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    pairs = [one for one in parse_qsl(parts.query) if one[0] not in _PLACES]
    query = tuple(sorted((name, "*" if _ID.match(value) else value) for name, value in pairs))
    is_later = any(
        name in _PLACES - {"_changelist_filters", "_facets"} for name, _ in parse_qsl(parts.query)
    )
    named = "/".join(str(value) for value in match.kwargs.values() if not _ID.match(str(value)))
    if any(value.startswith(_OF_TESTS) for _, value in query):
        return None
    is_record = bool(match.kwargs)
    return Shape(
        f"{match.view_name}" if is_record else f"{match.view_name} {named}",
        query,
        is_later,
        source if is_record and _leads_to_records(source) else None,
    )


def _leads_to_records(source: Shape | None) -> bool:
    """Whether the first record of that list is opened for the sake of the list."""
    if source is None or source.is_later or source.source is not None:
        return False
    return _STATES.issuperset(name for name, _ in source.query)
