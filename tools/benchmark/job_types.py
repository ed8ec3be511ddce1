"""The jobs that are measured."""

import asyncio
import time
from typing import Any

from rest_framework import serializers

from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import job_type
from tools.benchmark.job_names import (
    BACKLOG,
    EMPTY,
    POISON,
    SLEEP,
    SLEEP_ASYNC,
    SLEEP_SECONDS,
    STAMP,
)
from tools.benchmark.stamp_line import leave_stamp


class EmptyPayload(serializers.Serializer[dict[str, Any]]):
    """Any number, so that there is something to check and to store."""

    number = serializers.IntegerField()


class StampPayload(serializers.Serializer[dict[str, Any]]):
    """The moment, as a Unix time, from which the wait is counted."""

    since = serializers.FloatField()


@job_type(EMPTY, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def empty(payload: Payload, context: JobContext) -> None:
    """Does nothing: what is left is what a job costs."""


@job_type(BACKLOG, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def backlog(payload: Payload, context: JobContext) -> None:
    """Waits while others are measured."""


@job_type(POISON, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def poison(payload: Payload, context: JobContext) -> None:
    """Fails, and is retried, as a job whose receiver refuses it."""
    raise ValueError(payload["number"])


@job_type(STAMP, payload=StampPayload, effect=Effect.IDEMPOTENT)
def stamp(payload: Payload, context: JobContext) -> None:
    """Leaves how long it took from the moment in the payload to here."""
    leave_stamp(payload["since"])


@job_type(SLEEP, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def sleep(payload: Payload, context: JobContext) -> None:
    """Waits as for an answer from elsewhere."""
    time.sleep(SLEEP_SECONDS)


@job_type(SLEEP_ASYNC, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
async def sleep_async(payload: Payload, context: JobContext) -> None:
    """The same, on the event loop."""
    await asyncio.sleep(SLEEP_SECONDS)
