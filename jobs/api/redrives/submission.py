"""What a client asks for becomes a redrive."""

from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from jobs.api.shared.fields import (
    IdField,
    JSONObjectField,
    MomentField,
    SecondsField,
    SwitchField,
    TextField,
    WholeNumberField,
)
from jobs.api.shared.limits import QUEUE_MAX, TYPE_MAX
from jobs.api.shared.named_client import USERNAME_MAX, named_client_id
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.actor import REASON_MAX
from jobs.core.fingerprint import FINGERPRINT_LENGTH
from jobs.core.selection import Selection
from jobs.core.states import DeathReason
from jobs.handlers.registry import job_types
from jobs.services.queues import refuse_unknown_queue
from jobs.services.redrives.start import (
    IDS_MAX,
    RATE_DEFAULT,
    RATE_MAX,
    RATE_MIN,
    STOP_AT_PERCENT_DEFAULT,
)
from jobs.services.visibility import VIEW_DEAD_LETTERS


class RedriveSubmission(StrictSerializer):
    """The body of `POST /redrives`: which dead letters, how fast, and why.

    All conditions that are given must fit; without any, `all` must be true.
    """

    ids = serializers.ListField(child=IdField(), required=False, min_length=1, max_length=IDS_MAX)
    fingerprint = TextField(max_length=FINGERPRINT_LENGTH, required=False)
    type = TextField(max_length=TYPE_MAX, required=False)
    queue = TextField(max_length=QUEUE_MAX, required=False)
    death_reason = serializers.ChoiceField(choices=DeathReason.values, required=False)
    created_after = MomentField(required=False)
    created_before = MomentField(required=False)
    submitted_by = TextField(max_length=USERNAME_MAX, required=False)
    batch = IdField(required=False)
    schedule = IdField(required=False)
    all = SwitchField(required=False)
    include_interrupted = SwitchField(required=False)
    changes = JSONObjectField(required=False, allow_null=True)
    rate = SecondsField(min_value=RATE_MIN, max_value=RATE_MAX, default=RATE_DEFAULT)
    stop_at_percent = WholeNumberField(
        min_value=1, max_value=100, default=STOP_AT_PERCENT_DEFAULT, allow_null=True
    )
    reason = TextField(max_length=REASON_MAX, required=False, allow_null=True, allow_blank=True)


class AskedRedrive(NamedTuple):
    """What a body asks for."""

    selection: Selection
    changes: dict[str, Any] | None
    rate: float
    stop_at_percent: int | None
    reason: str


def asked_redrive(data: Any, client: AbstractBaseUser) -> AskedRedrive:
    """What the body of this client asks for.

    Raises DRF's `ValidationError` and PermissionDenied, UnknownJobType and UnknownQueue.
    """
    body = RedriveSubmission(data=data)
    body.is_valid(raise_exception=True)
    said = body.validated_data
    if (job_type := said.get("type")) is not None:
        job_types.get(job_type)
    if (queue := said.get("queue")) is not None:
        refuse_unknown_queue(queue)
    ids = said.get("ids")
    selection = Selection(
        ids=None if ids is None else tuple(ids),
        client=_client_id(said.get("submitted_by"), client),
        include_interrupted=said.get("include_interrupted", False),
        **{
            name: said.get(name)
            for name in (
                "fingerprint",
                "type",
                "queue",
                "death_reason",
                "created_after",
                "created_before",
                "batch",
                "schedule",
            )
        },
    )
    _refuse_unclear(selection, said.get("all", False))
    return AskedRedrive(
        selection,
        said.get("changes"),
        float(said["rate"]),
        said["stop_at_percent"],
        said.get("reason") or "",
    )


def _client_id(username: str | None, asks: AbstractBaseUser) -> str | None:
    """The primary key of the account of that name, as text."""
    if username is None:
        return None
    permission = VIEW_DEAD_LETTERS
    return str(named_client_id(username=username, asks=asks, permission=permission))


def _refuse_unclear(selection: Selection, wants_all: bool) -> None:
    """Everything that waits is replayed only by somebody who says so."""
    if selection.is_all and not wants_all:
        text = "Say which dead letters: a fingerprint, ids, or other conditions; or all: true."
        raise ValidationError({"all": [ErrorDetail(text, code="required")]})
    if wants_all and not selection.is_all:
        text = "Leave this out, or leave the conditions out."
        raise ValidationError({"all": [ErrorDetail(text, code="invalid")]})
