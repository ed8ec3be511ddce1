"""Health of the API process and of what it depends on, for probes and for people."""

import logging
from collections.abc import Callable
from typing import NotRequired, TypedDict

from django.db import Error, connection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.broker import get_broker
from jobs.core.clock import Clock, SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnavailable, BrokerUnsuitable
from jobs.services.migrations import missing_migrations
from scheduler.http.asked_seldom import AskedSeldom

# Of the whole, or of one dependency; degraded: jobs are accepted and dispatched later.
OK, DEGRADED, DOWN = "ok", "degraded", "down"
# Of PostgreSQL: it answers, and lacks migrations that this code needs.
NOT_MIGRATED = "not_migrated"
# Of Redis: REDIS_URL does not fit it, as it is a node of a cluster, or because of TLS.
UNSUITABLE = "unsuitable"

# Anybody may call the probes: no more often than this are connections opened for them.
ASK_SECONDS = 1.0

# Probes give up after a few seconds, so that the answer must come sooner. 2 is libpq's minimum.
DATABASE_TIMEOUT_SECONDS = 2

logger = logging.getLogger(__name__)


class Live(TypedDict):
    """What `/health/live` says."""

    status: str


class Ready(TypedDict):
    """What `/health/ready` says: `ok`, `degraded` or `down`.

    PostgreSQL may also be `not_migrated`, and Redis `unsuitable`. Where there are several cells it
    names the one.
    """

    status: str
    postgresql: str
    redis: str
    cell: NotRequired[str]


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
        body = _readiness.now()
        return self.respond(body, status=503 if body["status"] == DOWN else 200)


class Readiness(AskedSeldom[Ready]):
    """What PostgreSQL and Redis say."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, lambda: _ask(), ASK_SECONDS)


_readiness = Readiness(SystemClock())


def _ask() -> Ready:
    postgresql = _state("postgresql", _ask_postgresql)
    redis = _state("redis", _ask_redis)
    said: Ready = {
        "status": _overall(postgresql, redis),
        "postgresql": postgresql,
        "redis": redis,
    }
    if cell := jobs_conf().cell:
        said["cell"] = cell
    return said


def _overall(postgresql: str, redis: str) -> str:
    if postgresql != OK:
        return DOWN
    return OK if redis == OK else DEGRADED


def _state(name: str, ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (Error, BrokerUnavailable) as error:
        logger.warning(
            "Health check of %s failed: %s",
            name,
            str(error).partition("\n")[0],
            extra={"event": "health_check.failed", "dependency": name, "error": str(error)},
        )
        return UNSUITABLE if isinstance(error, BrokerUnsuitable) else DOWN


def _ask_postgresql() -> str:
    """Opens a connection of its own: a kept one might hang on a server that is gone."""
    probe = connection.copy()
    probe.settings_dict["OPTIONS"] = {
        **probe.settings_dict["OPTIONS"],
        "connect_timeout": DATABASE_TIMEOUT_SECONDS,
        "target_session_attrs": "read-write",  # a standby cannot accept jobs
    }
    try:
        probe.ensure_connection()  # also where the migrations are known to be complete
        missing = missing_migrations(probe)
    finally:
        probe.close()
    if missing:
        logger.warning(
            "The database lacks %d migrations, the first is %s: run `manage.py migrate`",
            len(missing),
            missing[0],
            extra={"event": "health_check.failed", "dependency": "postgresql", "missing": missing},
        )
    return NOT_MIGRATED if missing else OK


def _ask_redis() -> str:
    get_broker().ping()
    return OK
