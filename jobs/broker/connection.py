"""Connections to Redis, and what their errors mean for the rest of the app."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.broker.kept_connections import KeptConnections
from jobs.broker.pool import connection_pool
from jobs.broker.server_group import is_cluster
from jobs.broker.tls import TlsRefused
from jobs.core.errors import BrokerUnavailable, BrokerUnsuitable

CONNECT_TIMEOUT_SECONDS = 1.0
SOCKET_TIMEOUT_SECONDS = 2.0
LONGEST_BLOCK_SECONDS = 2.0
# The socket waits longer than the block itself, so that a silent Redis is told from an empty list.
BLOCK_MARGIN_SECONDS = 2.0

CommandRefused = redis.exceptions.ResponseError
"""Redis answers with an error."""

# How a node of a Redis Cluster answers a client that does not know of clusters.
CLUSTER_ERRORS = (
    redis.exceptions.MovedError,
    redis.exceptions.AskError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.ClusterCrossSlotError,
)
CLUSTER = (
    "Redis: the server at JOBS_REDIS_URL is a node of a Redis Cluster, which sends commands on to "
    "other nodes. To follow it there, begin the URL with redis+cluster:// or rediss+cluster://."
)


class RedisConnections:
    """Two pools of connections to one Redis: for calls that answer at once, and for `BRPOP`.

    Connections are made when they are needed, and made anew when they break. Threads may share
    the pools. Of several servers they lead to the primary (jobs/broker/primary.py).
    """

    def __init__(self, url: str, prefix: str) -> None:
        """`prefix`: what every key begins with."""
        self.follows_slots = is_cluster(url)
        self._client = _connect(url, prefix, SOCKET_TIMEOUT_SECONDS)
        self._kept = KeptConnections(self._client.connection_pool)
        self._blocking_client = _connect(url, prefix, LONGEST_BLOCK_SECONDS + BLOCK_MARGIN_SECONDS)
        self._kept_blocking = KeptConnections(self._blocking_client.connection_pool)

    def disconnect(self) -> None:
        """Closes every connection, also those that other threads are reading from.

        The next call makes new ones.
        """
        self._client.connection_pool.disconnect()
        self._blocking_client.connection_pool.disconnect()

    def disconnect_idle(self) -> None:
        """Closes the connections that no thread is using."""
        self._kept.release()
        self._kept_blocking.release()
        # A thread that is reading from one of the others finds out by itself.
        self._client.connection_pool.disconnect(inuse_connections=False)
        self._blocking_client.connection_pool.disconnect(inuse_connections=False)


def _connect(url: str, prefix: str, socket_timeout_seconds: float) -> Any:
    # One immediate second try, so that a connection that a restart has cut costs no error.
    pool = connection_pool(
        url,
        prefix,
        decode_responses=True,
        encoding_errors="backslashreplace",  # bytes that are no text become an entry to be dropped
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=socket_timeout_seconds,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool)


def is_wrong_type(error: Exception) -> bool:
    """Whether Redis refused a command because a key has another type."""
    return "WRONGTYPE" in str(error)


def is_full(error: Exception) -> bool:
    """Whether Redis refused a command because it has no memory left."""
    return isinstance(error, redis.exceptions.OutOfMemoryError)


P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=RedisConnections)


def translates_errors(method: Callable[Concatenate[C, P], R]) -> Callable[Concatenate[C, P], R]:
    """For methods that call Redis: every error of the driver is raised as `BrokerUnavailable`."""

    @wraps(method)
    def call(self: C, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except redis.exceptions.ReadOnlyError as error:
            # Connected to a former primary: the next connection resolves the host name anew.
            self.disconnect_idle()
            raise BrokerUnavailable(f"Redis is read-only: {error}") from error
        except CLUSTER_ERRORS as error:
            if not self.follows_slots:
                raise BrokerUnsuitable(CLUSTER) from error
            raise BrokerUnavailable(f"Redis: its cluster is changing: {error}") from error
        except TlsRefused as error:
            raise BrokerUnsuitable(f"Redis: {error}.") from error
        except redis.exceptions.RedisError as error:
            raise BrokerUnavailable(f"Redis: {error}") from error

    return call
