"""The addresses of the API's lists and records, with every parameter that is documented."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tools.checkout import CHECKOUT

OPENAPI = CHECKOUT / "docs" / "openapi.json"
_PREFIX = "/v1/"
# A stream does not end while its job has not.
_LEFT_OUT = ("/events",)

Values = Mapping[str, Sequence[str]]


def rest_addresses(values: Values) -> Iterator[str]:
    """Every call that reads: without parameters, and with each value of each parameter.

    `values`: what to give for a parameter, by its name, or by `<path>:<name>` where that is
    another. A call with a parameter in its path that has no value is left out.
    """
    paths = json.loads(Path(OPENAPI).read_text(encoding="utf-8"))["paths"]
    for path, calls in paths.items():
        if path.startswith(_PREFIX) and "get" in calls and not path.endswith(_LEFT_OUT):
            for address in _filled(path, values):
                yield address
                for parameter in calls["get"].get("parameters", []):
                    yield from _with(address, path, parameter, values)


def _filled(path: str, values: Values) -> Iterator[str]:
    """The path with each value of its parameter."""
    if "{" not in path:
        yield path
        return
    head, _, rest = path.partition("{")
    name, _, tail = rest.partition("}")
    for value in values.get(f"{path}:{name}", ()):
        yield f"{head}{quote(value)}{tail}"


def _with(address: str, path: str, parameter: Mapping[str, Any], values: Values) -> Iterator[str]:
    if parameter.get("in") != "query":
        return
    name, schema = parameter["name"], parameter.get("schema", {})
    known = values.get(f"{path}:{name}", values.get(name, ()))
    offered = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    for value in known or offered:
        yield f"{address}?{urlencode({name: value})}"
