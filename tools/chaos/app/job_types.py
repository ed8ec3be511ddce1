"""Job types beside the e-mails: some that may be repeated, one that is a transaction.

`chaos.span` and `chaos.keyed_span` say when they run, so that what overlaps can be counted.
"""

import os
import time
from typing import Any

from django.db import connection
from rest_framework import serializers

from jobs.core.errors import PermanentError
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import job_type
from tools.chaos.app.variables import EFFECTS_FILE, SPANS_FILE


class EffectPayload(serializers.Serializer[dict[str, Any]]):
    """Which effect, and how long the work for it takes."""

    effect = serializers.CharField(max_length=200)
    seconds = serializers.FloatField(min_value=0)


@job_type("chaos.append", payload=EffectPayload, effect=Effect.IDEMPOTENT)
def append(payload: Payload, context: JobContext) -> None:
    """Appends a line to a file in the middle of its work: it can be cut off before and after."""
    time.sleep(payload["seconds"] / 2)
    _append(EFFECTS_FILE, f"{payload['effect']} {context.job_id} {context.attempt} {time.time()}")
    time.sleep(payload["seconds"] / 2)


@job_type("chaos.span", payload=EffectPayload, effect=Effect.IDEMPOTENT)
def span(payload: Payload, context: JobContext) -> None:
    """Says in a file when it begins, and when it ends."""
    _say("begin", payload, context)
    time.sleep(payload["seconds"])
    _say("end", payload, context)


class KeyedPayload(EffectPayload):
    """The same, under the limit of a key."""

    key = serializers.CharField(max_length=200)


@job_type(
    "chaos.keyed_span",
    payload=KeyedPayload,
    effect=Effect.IDEMPOTENT,
    concurrency_key=lambda payload: str(payload["key"]),
    max_concurrency=1,
)
def keyed_span(payload: Payload, context: JobContext) -> None:
    """The same as `chaos.span`; one at a time for each key."""
    span(payload, context)


def _say(what: str, payload: Payload, context: JobContext) -> None:
    _append(
        SPANS_FILE,
        f"{what} {payload['effect']} {context.job_id} {context.attempt} {time.time()}",
    )


def _append(variable: str, line: str) -> None:
    descriptor = os.open(os.environ[variable], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())  # one write: lines of processes do not mix
    finally:
        os.close(descriptor)


@job_type("chaos.insert", payload=EffectPayload, effect=Effect.TRANSACTIONAL)
def insert(payload: Payload, context: JobContext) -> None:
    """Inserts a row, in the transaction that records the success."""
    time.sleep(payload["seconds"] / 2)
    _insert(payload, context)
    time.sleep(payload["seconds"] / 2)


class RefusingPayload(EffectPayload):
    """The same, for what is refused until somebody changes that."""

    refuses = serializers.BooleanField()


@job_type("chaos.refuse", payload=RefusingPayload, effect=Effect.TRANSACTIONAL)
def refuse(payload: Payload, context: JobContext) -> None:
    """Dies at once while its payload says so; after that it is as `chaos.insert`."""
    if payload["refuses"]:
        raise PermanentError("refused until the payload is changed")
    time.sleep(payload["seconds"])
    _insert(payload, context)


def _insert(payload: Payload, context: JobContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chaos_effect (effect, job_id, attempt, at) VALUES (%s, %s, %s, %s)",
            [payload["effect"], context.job_id, context.attempt, time.time()],
        )
