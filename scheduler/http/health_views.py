"""Health of the API process and of what it depends on, for probes and for people."""

import logging
from collections.abc import Callable
from typing import TypedDict

from django.db import Error, connection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.broker import get_broker
from jobs.core.errors import BrokerUnavailable

# Of the whole, or of one dependency; degraded: jobs are accepted and dispatched later.
OK, DEGRADED, DOWN = "ok", "degraded", "down"

# Probes give up after a few seconds, so that the answer must come sooner. 2 is libpq's minimum.
DATABASE_TIMEOUT_SECONDS = 2

logger = logging.getLogger(__name__)


class Live(TypedDict):
    """What `/health/live` says."""

    status: str


class Ready(TypedDict):
    """What `/health/ready` says: `ok`, `degraded` or `down`, and of which dependency."""

    status: str
    postgresql: str
    redis: str


class ProbeView(APIView):
    """Base of the probes: open to everyone, tells nothing secret, is never cached."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def respond(self, body: Live | Ready, status: int = 200) -> Response:
        """The answer to a probe."""
        return Response(body, status=status, headers={"Cache-Control": "no-store"})


class LiveView(ProbeView):
    """Whether this process answers; asks neither PostgreSQL nor Redis."""

    def get(self, request: Request) -> Response:
        return self.respond({"status": OK})


class ReadyView(ProbeView):
    """Whether jobs are accepted: PostgreSQL decides, Redis only makes it fast."""

    def get(self, request: Request) -> Response:
        postgresql = _state("postgresql", _ask_postgresql)
        redis = _state("redis", _ask_redis)
        body: Ready = {
            "status": _overall(postgresql, redis),
            "postgresql": postgresql,
            "redis": redis,
        }
        return self.respond(body, status=503 if postgresql == DOWN else 200)


def _overall(postgresql: str, redis: str) -> str:
    if postgresql == DOWN:
        return DOWN
    return DEGRADED if redis == DOWN else OK


def _state(name: str, ask: Callable[[], None]) -> str:
    try:
        ask()
    except (Error, BrokerUnavailable) as error:
        logger.warning(
            "Health check of %s failed: %s",
            name,
            str(error).partition("\n")[0],
            extra={"event": "health_check.failed", "dependency": name, "error": str(error)},
        )
        return DOWN
    return OK


def _ask_postgresql() -> None:
    """Opens a connection of its own: a kept one might hang on a server that is gone."""
    probe = connection.copy()
    probe.settings_dict["OPTIONS"] = {
        **probe.settings_dict["OPTIONS"],
        "connect_timeout": DATABASE_TIMEOUT_SECONDS,
        "target_session_attrs": "read-write",  # a standby cannot accept jobs
    }
    try:
        probe.ensure_connection()
    finally:
        probe.close()


def _ask_redis() -> None:
    get_broker().ping()
