"""The jobs that are measured. Older versions have the names elsewhere."""

import os
import time
from typing import Any

from rest_framework import serializers

try:
    from jobs import Effect, job_type
except ImportError:
    from jobs.states import Effect  # type: ignore[no-redef, import-not-found]

    from jobs.handlers.registry import job_type  # type: ignore[assignment]


class EmptyPayload(serializers.Serializer[dict[str, Any]]):
    """Any number, so that there is something to check and to store."""

    number = serializers.IntegerField()


class StampPayload(serializers.Serializer[dict[str, Any]]):
    """The moment, as a Unix time, from which the wait is counted."""

    since = serializers.FloatField()


@job_type("against.empty", payload=EmptyPayload, effect=Effect.IDEMPOTENT)
def empty(payload: dict[str, Any], context: Any) -> None:
    """Does nothing: what is left is what a job costs."""


@job_type("against.stamp", payload=StampPayload, effect=Effect.IDEMPOTENT, queue="bulk")
def stamp(payload: dict[str, Any], context: Any) -> None:
    """Leaves how long ago the job was enqueued."""
    waited = time.time() - payload["since"]
    with open(os.environ["AGAINST_STAMPS"], "a") as stamps:  # noqa: PTH123 - quicker
        stamps.write(f"{waited}\n")
