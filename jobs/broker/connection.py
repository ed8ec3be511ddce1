"""Connections to Redis, and what their errors mean for the rest of the app."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.core.errors import BrokerUnavailable

CONNECT_TIMEOUT_SECONDS = 1.0
SOCKET_TIMEOUT_SECONDS = 2.0

P = ParamSpec("P")
R = TypeVar("R")


class _Disconnecting(Protocol):
    def disconnect_idle(self) -> None: ...


D = TypeVar("D", bound=_Disconnecting)


def connect(url: str, socket_timeout_seconds: float = SOCKET_TIMEOUT_SECONDS) -> Any:
    """A client with a pool of connections, which are made when they are needed."""
    # One immediate second try, so that a connection that a restart has cut costs no error.
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        encoding_errors="backslashreplace",  # bytes that are no text are no message, like others
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=socket_timeout_seconds,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
    )


def translates_errors(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """For methods that ask Redis: its errors become `BrokerUnavailable`."""

    @wraps(method)
    def call(self: D, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except redis.exceptions.ReadOnlyError as error:
            # Connected to a former primary: the next connection resolves the host name anew.
            self.disconnect_idle()
            raise BrokerUnavailable(f"Redis is read-only: {error}") from error
        except redis.exceptions.RedisError as error:
            raise BrokerUnavailable(f"Redis: {error}") from error

    return call
