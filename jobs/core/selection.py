"""Which dead letters a redrive replays: a filter that is kept as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

_IDS = ("batch", "schedule")
_MOMENTS = ("created_after", "created_before")


class Selection(NamedTuple):
    """Waiting dead letters for which all conditions hold that are not None.

    `ids`: these alone. `client`: the primary key of the user who submitted them, as text.
    `include_interrupted`: also those whose effect may have happened. The last three bound what the
    person who asks may see and submit: primary keys as texts, and names.
    """

    ids: tuple[UUID, ...] | None = None
    fingerprint: str | None = None
    type: str | None = None
    queue: str | None = None
    death_reason: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    client: str | None = None
    batch: UUID | None = None
    schedule: UUID | None = None
    include_interrupted: bool = False
    seen_clients: tuple[str, ...] | None = None
    allowed_types: tuple[str, ...] | None = None
    allowed_queues: tuple[str, ...] | None = None

    @property
    def is_all(self) -> bool:
        """Whether it has no condition, and finds all that wait."""
        return all(getattr(self, name) is None for name in CONDITIONS)

    def stored(self) -> dict[str, Any]:
        """As JSON, without what has its default."""
        return {
            name: _as_json(value)
            for name, value in self._asdict().items()
            if value != self._field_defaults[name]
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Selection":
        """The selection that was stored."""
        values = dict(stored)
        for name in _IDS:
            if name in values:
                values[name] = UUID(values[name])
        for name in _MOMENTS:
            if name in values:
                values[name] = datetime.fromisoformat(values[name])
        if "ids" in values:
            values["ids"] = tuple(UUID(one) for one in values["ids"])
        for name in ("seen_clients", "allowed_types", "allowed_queues"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)


# Those that a person chooses.
CONDITIONS = Selection._fields[: Selection._fields.index("include_interrupted")]


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
