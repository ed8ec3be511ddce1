"""Two job types beside the e-mails: one that may be repeated, one that is a transaction."""

import os
import time
from typing import Any

from django.db import connection
from rest_framework import serializers

from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import job_type
from tools.chaos.app.variables import EFFECTS_FILE


class EffectPayload(serializers.Serializer[dict[str, Any]]):
    """Which effect, and how long the work for it takes."""

    effect = serializers.CharField(max_length=200)
    seconds = serializers.FloatField(min_value=0)


@job_type("chaos.append", payload=EffectPayload, effect=Effect.IDEMPOTENT)
def append(payload: Payload, context: JobContext) -> None:
    """Appends a line to a file in the middle of its work: it can be cut off before and after."""
    time.sleep(payload["seconds"] / 2)
    line = f"{payload['effect']} {context.job_id} {context.attempt} {time.time()}\n"
    descriptor = os.open(os.environ[EFFECTS_FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())  # one write: lines of several processes do not mix
    finally:
        os.close(descriptor)
    time.sleep(payload["seconds"] / 2)


@job_type("chaos.insert", payload=EffectPayload, effect=Effect.TRANSACTIONAL)
def insert(payload: Payload, context: JobContext) -> None:
    """Inserts a row, in the transaction that records the success."""
    time.sleep(payload["seconds"] / 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chaos_effect (effect, job_id, attempt, at) VALUES (%s, %s, %s, %s)",
            [payload["effect"], context.job_id, context.attempt, time.time()],
        )
    time.sleep(payload["seconds"] / 2)
