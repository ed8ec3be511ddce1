"""What a client may say about a replay; mostly nothing."""

from typing import Any, NamedTuple

from jobs.api.shared.fields import JSONObjectField, TextField
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.actor import REASON_MAX


class ReplayBody(StrictSerializer):
    """The body of a replay, which may be missing. What is null counts as absent."""

    payload = JSONObjectField(required=False, allow_null=True)
    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True, allow_blank=True)


class AskedReplay(NamedTuple):
    """What a body asks for."""

    payload: dict[str, Any] | None
    reason: str


def asked_replay(data: Any) -> AskedReplay:
    """What the body says; raises DRF's `ValidationError`."""
    body = ReplayBody(data=data)
    body.is_valid(raise_exception=True)
    return AskedReplay(body.validated_data.get("payload"), body.validated_data.get("reason") or "")
