"""The jobs that are measured."""

import os
import time
from typing import Any

from rest_framework import serializers

from against_app.version import Effect, job_type

EMPTY = "against.empty"
STAMP = "against.stamp"
STAMPS = "AGAINST_STAMPS"


class EmptyPayload(serializers.Serializer[dict[str, Any]]):
    """Any number, so that there is something to check and to store."""

    number = serializers.IntegerField()


class StampPayload(serializers.Serializer[dict[str, Any]]):
    """The moment, as a Unix time, from which the wait is counted."""

    since = serializers.FloatField()


@job_type(EMPTY, payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def empty(payload: dict[str, Any], context: Any) -> None:
    """Does nothing: what is left is what a job costs."""


@job_type(STAMP, payload=StampPayload, effect=Effect.IDEMPOTENT)
def stamp(payload: dict[str, Any], context: Any) -> None:
    """Leaves how many seconds ago the job was enqueued."""
    line = f"{time.time() - payload['since']:.6f}\n"
    descriptor = os.open(os.environ[STAMPS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
