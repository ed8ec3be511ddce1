"""What is said of one call in the document."""

from dataclasses import dataclass, field
from typing import Any

from rest_framework.serializers import Serializer

Schema = dict[str, Any]


@dataclass(frozen=True)
class PageOf:
    """A page of a list; with the parameter `fields` its rows have only some of their members."""

    row: type[Any]


@dataclass(frozen=True)
class ListOf:
    """`results`, all of them."""

    row: type[Any]


@dataclass(frozen=True)
class Call:
    """`answer`: a TypedDict, PageOf, ListOf, a schema, or None for no body.

    `body`: a serializer, or the name of a schema of `payloads.py`. `codes`: those that this call
    has beside those of every call, by status.
    """

    answer: Any = None
    query: type[Serializer[Any]] | None = None
    body: type[Serializer[Any]] | str | Schema | None = None
    codes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    body_type: str = "application/json"
    answer_type: str = "application/json"
    is_partial: bool = False
    # Whether `Location` says where the thing is that the answer is about.
    tells_location: bool = False
    # Other header fields of its answers, beside those that every such call has.
    headers: tuple[str, ...] = ()
    body_may_be_missing: bool = False
    # A second way to send and to get the same, a JSON value in each line.
    lines_type: str | None = None
    # A body of its own with these statuses, beside a problem.
    refusal: Any = None
    refusal_statuses: tuple[int, ...] = (503,)
