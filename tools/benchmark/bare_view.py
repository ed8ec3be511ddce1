"""A view that does the least which accepts a job: INSERT, commit and LPUSH, without the product."""

import json
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from django_redis import get_redis_connection
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7s
from jobs.services.enqueue.group_commit import GroupCommit
from tools.benchmark.raw import connect

_INSERT = """
INSERT INTO jobs_job (
    id, type, queue, priority, payload, effect_key, state, attempt, failures, crashes,
    max_retries, errors, created_at, run_at
)
SELECT id, 'raw', 'raw', 5, payload, id::text, 'queued', 0, 0, 0, 4, '[]', now(), now()
FROM unnest(%s::uuid[], %s::jsonb[]) AS new (id, payload)
RETURNING extract(epoch FROM created_at)::float8
"""


class BareView(APIView):
    """Authenticates, reads the body, inserts a row and pushes its id. Checks nothing.

    One commit for what threads bring at the same moment, as /addJob does it.
    """

    def post(self, request: Request) -> Response:
        data: Any = request.data
        [job_id] = uuid7s(1)
        created_at = _together.write((job_id, json.dumps(data["payload"])))
        receipt = {"id": str(job_id), "type": data["type"], "created_at": created_at}
        return Response(receipt, status=202)


def _insert_and_push(items: Sequence[tuple[UUID, str]]) -> list[float]:
    ids = [job_id for job_id, _ in items]
    rows = _connections.postgres.execute(_INSERT, (ids, [payload for _, payload in items]))
    redis = _connections.redis
    redis.send_packed_command(redis.pack_command("LPUSH", _connections.key, *map(str, ids)))
    redis.read_response()
    return [created_at for (created_at,) in rows]


_together = GroupCommit(_insert_and_push)


class _Connections(threading.local):
    """Of a thread: neither the ORM, nor a pool, nor the broker lies between."""

    def __init__(self) -> None:
        self.postgres: psycopg.Connection[Any] = connect()
        self.postgres.prepare_threshold = 0
        self.redis: Any = get_redis_connection("default").connection_pool.get_connection()
        self.key = f"{jobs_conf().redis_prefix}raw"


_connections = _Connections()
