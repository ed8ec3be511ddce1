"""The calls that the URL configuration serves."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

ARGUMENT = re.compile(r"\(\?P<(\w+)>.*?\)(?=/|$)")
# No calls of the API.
PAGES = ("admin", "^admin", "docs")


def patterns(resolver: Any) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if not str(one.pattern).startswith("admin"):
                yield from patterns(one)
        elif not str(one.pattern).startswith(PAGES):
            yield one


def path_of(pattern: URLPattern) -> str:
    route = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
    route = ARGUMENT.sub(lambda found: {"pk": "<id>"}.get(found[1], f"<{found[1]}>"), route)
    return f"/{route}"


def methods_of(pattern: URLPattern) -> list[str]:
    callback: Any = pattern.callback
    if actions := getattr(callback, "actions", None):
        return [method.upper() for method in actions if method != "head"]
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view is None:
        return []  # what answers where nothing else does
    names = [name for name in view.http_method_names if hasattr(view, name)]
    return [name.upper() for name in names if name not in ("head", "options")]


def served() -> set[str]:
    return {
        f"{method} {path_of(pattern)}"
        for pattern in patterns(get_resolver())
        for method in methods_of(pattern)
    }
