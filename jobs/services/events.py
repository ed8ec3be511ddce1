"""What people do is written down, in the transaction in which they do it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from jobs.core.actor import ACTOR_NAME_MAX, CODE, Actor, actor_of
from jobs.core.correlation import current_traceparent, trace_id_of
from jobs.core.process_counts import ADMIN_ACTIONS, process_counts
from jobs.core.request_id import current_request_id
from jobs.models import Event

_NOTHING: Mapping[str, Any] = {}


def event_record(
    *,
    action: str,
    subject_type: str,
    subject_id: object,
    actor: Actor = CODE,
    reason: str = "",
    before: Mapping[str, Any] = _NOTHING,
    after: Mapping[str, Any] = _NOTHING,
) -> Event:
    """Writes one event, and returns it.

    To be called inside the transaction of what was done: either both are committed, or neither.
    `action`: `<noun>.<past participle>`; `subject_type` and `subject_id`: what it was done with;
    `before` and `after`: JSON objects of what was changed, in which the caller has masked the
    values of sensitive fields. The id of the request is added.
    """
    if actor != CODE:
        transaction.on_commit(partial(process_counts.add, ADMIN_ACTIONS, (action,)), robust=True)
    return Event.objects.create(
        actor_id=actor.id,
        actor_name=actor.name[:ACTOR_NAME_MAX],
        action=action,
        subject_type=subject_type,
        subject_id=str(subject_id),
        reason=reason,
        before=dict(before),
        after=dict(after),
        request_id=current_request_id.get(),
        trace_id=trace_id_of(current_request_id.get(), current_traceparent.get()),
    )


def actor_with_id(user_id: Any) -> Actor:
    """The actor with this primary key; `CODE` for None. The account may be gone already."""
    if user_id is None:
        return CODE
    user = get_user_model()._default_manager.filter(pk=user_id).first()
    return actor_of(user) if user is not None else Actor(str(user_id))
