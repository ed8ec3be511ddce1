"""Schemas of answers, made of the TypedDicts that the representations return."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from jobs.core.fire_rule import Missed, Overlap
from jobs.core.states import Effect, JobState

Schema = dict[str, Any]

# What the type of a member, `str`, does not say.
_ENUMS: dict[str, type[Enum]] = {
    "state": JobState,
    "effect": Effect,
    "missed": Missed,
    "overlap": Overlap,
}
_UUIDS = frozenset({"id", "job_id", "done_by", "schedule"})
_BASIC: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
}


class Answers:
    """The schemas that were asked for, by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self.responses: dict[str, Schema] = {}

    def ref(self, name: str, schema: Schema) -> Schema:
        """A reference to a schema, which is kept under that name."""
        self.schemas.setdefault(name, schema)
        return {"$ref": f"#/components/schemas/{name}"}

    def of(self, hint: Any, member: str = "") -> Schema:
        """The schema of a type; a TypedDict becomes a reference."""
        if get_origin(hint) is NotRequired:
            return self.of(get_args(hint)[0], member)
        if is_typeddict(hint):
            return self.ref(hint.__name__, self._object(hint))
        if hint in _BASIC:
            return {**_BASIC[hint], **(_said_by_name(member) if hint is str else {})}
        origin, arguments = get_origin(hint) or hint, get_args(hint)
        if origin in (Union, UnionType):
            return self._union([self.of(one, member) for one in arguments])
        if origin in (list, Sequence):
            return {"type": "array", "items": self.of(arguments[0]) if arguments else {}}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        return {}

    def some_members_of(self, hint: Any) -> Schema:
        """The same TypedDict where any member may be missing."""
        whole = self._object(hint)
        return self.ref(
            f"{hint.__name__}Members", {**whole, "required": []} if whole["required"] else whole
        )

    def _object(self, hint: Any) -> Schema:
        members = get_type_hints(hint, include_extras=True)
        return {
            "type": "object",
            "description": " ".join((hint.__doc__ or "").split()),
            "properties": {name: self.of(one, name) for name, one in members.items()},
            "required": [name for name in members if name in hint.__required_keys__],
        }

    def _union(self, schemas: list[Schema]) -> Schema:
        kinds = [one for one in schemas if one != {"type": "null"}]
        if len(kinds) == 1 and isinstance(kinds[0].get("type"), str) and len(schemas) == 2:
            [kind] = kinds
            nullable = {**kind, "type": [kind["type"], "null"]}
            return nullable | ({"enum": [*kind["enum"], None]} if "enum" in kind else {})
        return {"anyOf": schemas}


def _said_by_name(member: str) -> Schema:
    if member in _ENUMS:
        return {"enum": [str(one.value) for one in _ENUMS[member]]}
    if member in _UUIDS:
        return {"format": "uuid"}
    return {"format": "date-time"} if member.endswith("_at") else {}
