"""Schemas of answers, made of the TypedDicts that the representations return."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from jobs.api.dead_letters.representations import WAITING
from jobs.core.fire_rule import Missed, Overlap
from jobs.core.states import DeathReason, Effect, JobState, RedriveState, Resolution
from scheduler.http.health_views import DEGRADED, DOWN, NOT_MIGRATED, OK, UNSUITABLE

Schema = dict[str, Any]

# What the type of a member, `str`, does not say: by its name, or that of its TypedDict before it.
# The values have a schema of their own, so that clients have one type for them.
_VALUES: dict[str, tuple[str, Sequence[str]]] = {
    "state": ("JobState", JobState.values),
    "effect": ("Effect", Effect.values),
    "missed": ("Missed", Missed.values),
    "overlap": ("Overlap", Overlap.values),
    "resolution": ("Resolution", (WAITING, *Resolution.values)),
    "DeadLetterRepresentation.reason": ("DeathReason", DeathReason.values),
    "SingleDeadLetter.reason": ("DeathReason", DeathReason.values),
    "GroupRepresentation.reason": ("DeathReason", DeathReason.values),
    "RedriveRepresentation.state": ("RedriveState", RedriveState.values),
    "replay_ended": ("JobState", JobState.values),
    "Live.status": ("LiveStatus", (OK,)),
    "Ready.status": ("ReadyStatus", (OK, DEGRADED, DOWN)),
    "postgresql": ("PostgresqlStatus", (OK, DOWN, NOT_MIGRATED)),
    "redis": ("RedisStatus", (OK, DOWN, UNSUITABLE)),
}
_UUIDS = frozenset({"id", "job_id", "done_by", "schedule", "batch", "replay_of", "redrive"})
# What the names of classes have, and the names of schemas need not.
_NAMES = {
    "SingleJob": "Job",
    "SingleDeadLetter": "DeadLetter",
    "GroupRepresentation": "DeadLetterGroup",
    "GroupPage": "DeadLetterGroupPage",
}
_ENDINGS = ("Representation", "Body")
_BASIC: dict[Any, Schema] = {
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
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"Two schemas would have the name {name}.")
        return {"$ref": f"#/components/schemas/{name}"}

    def ref_by_title(self, schema: Schema) -> Schema:
        """The same for a schema that has a title; another one as it is."""
        return self.ref(schema["title"], schema) if "title" in schema else schema

    def of_any(self, answer: Any) -> Schema:
        """The schema of a type, or of what is a schema."""
        return self.ref_by_title(answer) if isinstance(answer, dict) else self.of(answer)

    def of(self, hint: Any, member: str = "") -> Schema:
        """The schema of a type; a TypedDict becomes a reference.

        `member`: of which member it is the type, with the name of its TypedDict before it.
        """
        if get_origin(hint) is NotRequired:
            return self.of(get_args(hint)[0], member)
        if isinstance(hint, type) and issubclass(hint, Enum):
            values = [str(one.value) for one in hint]
            return self.ref(hint.__name__, {"type": "string", "enum": values})
        if is_typeddict(hint):
            return self.ref(schema_name(hint), self._object(hint))
        if hint is str:
            return self._text(member)
        if hint in _BASIC:
            return _BASIC[hint]
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
        whole.pop("required", None)
        return self.ref(f"Listed{schema_name(hint)}", whole)

    def _object(self, hint: Any) -> Schema:
        members = get_type_hints(hint, include_extras=True)
        schema: Schema = {
            "type": "object",
            "description": " ".join((hint.__doc__ or "").split()),
            "properties": {
                name: self.of(one, f"{hint.__name__}.{name}") for name, one in members.items()
            },
        }
        if required := [name for name in members if name in hint.__required_keys__]:
            schema["required"] = required
        return schema

    def _text(self, member: str) -> Schema:
        owner, _, name = member.rpartition(".")
        if owner.endswith("Links"):  # what else has these names is no path
            return {"type": "string"}
        if told := _VALUES.get(member) or _VALUES.get(name):
            return self.ref(told[0], {"type": "string", "enum": list(told[1])})
        if name in _UUIDS:
            return {"type": "string", "format": "uuid"}
        return {"type": "string", **({"format": "date-time"} if name.endswith("_at") else {})}

    def _union(self, schemas: list[Schema]) -> Schema:
        kinds = [one for one in schemas if one != {"type": "null"}]
        if len(kinds) == 1 and isinstance(kinds[0].get("type"), str) and len(schemas) == 2:
            [kind] = kinds
            return {**kind, "type": [kind["type"], "null"]}
        return {"anyOf": schemas}


def schema_name(hint: Any) -> str:
    """The name of a TypedDict's schema: `Job` of `JobRepresentation`."""
    name: str = _NAMES.get(hint.__name__, hint.__name__)
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name
