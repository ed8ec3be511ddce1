"""How gunicorn serves the API.

The number of processes is WEB_CONCURRENCY and anything else can be overridden in
GUNICORN_CMD_ARGS; gunicorn reads both by itself.
"""

import resource
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from jobs.core.loading import loading_begins, loading_ends
from jobs.core.process_counts import process_counts
from scheduler.env import EXIT_USAGE, read_environment
from scheduler.logs.config import logging_config
from scheduler.serving.request_counts import request_counts

# Of a process: database connections, its log, the event loop, libraries.
OWN_FILES = 100


def _logging() -> dict[str, Any]:
    try:
        env = read_environment()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")  # without a traceback: it says which variable to set
        sys.exit(EXIT_USAGE)
    config = logging_config(env.log_level, env.log_format)
    for name in ("gunicorn.error", "scheduler.serving.access_log"):
        config["loggers"][name] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return config


def _connections(wished: int) -> int:
    """How many connections a process can have, with room for the files that it opens itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wished + OWN_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(wished, soft - OWN_FILES), threads)


class ErrorLog(Logger):  # type: ignore[misc]
    """gunicorn's log of itself. The line of each answer is in `scheduler/serving/access_log.py`."""

    access_log_enabled = False


def post_fork(server: Any, worker: Any) -> None:
    """The process loads the application now."""
    loading_begins()


def post_worker_init(worker: Any) -> None:
    """It is loaded. Spans are sent by a thread, which a fork would not take along."""
    from jobs.services.tracing_sdk import tracing_start  # needs the settings

    tracing_start("job-scheduler-api")
    loading_ends()


def pre_fork(server: Any, worker: Any) -> None:
    """The process counts where one that has ended has left off."""
    worker.counts_regions = (request_counts.take_region(), process_counts.take_region())


def child_exit(server: Any, worker: Any) -> None:
    """What the process has counted stays, for the next one."""
    for_requests, for_others = worker.counts_regions
    request_counts.give_back(for_requests)
    process_counts.give_back(for_others)


bind = "0.0.0.0:8000"  # a container publishes it on the address that its host chooses

# Clients wait on an event loop; Django runs on these threads, each with one database connection.
# A request waits for PostgreSQL most of its time, so threads are cheaper than processes.
# docs/decisions/0014-how-the-api-is-served.md
worker_class = "scheduler.serving.worker.ApiWorker"
threads = 8
worker_connections = _connections(2_000)
asgi_lifespan = "off"

# gunicorn would believe X-Forwarded-Proto of every client on this machine, whatever TRUSTED_PROXIES
# says: Django alone decides whether it is believed.
secure_scheme_headers: dict[str, str] = {}

# Heartbeat files of the workers belong in memory: on a slow disk they would block.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

timeout = 30
graceful_timeout = 20  # below the time a container is given to stop
keepalive = 65  # longer than the idle time of the usual proxies, so that they hang up first
max_requests = 20_000  # a slow leak in any library stays small
max_requests_jitter = 2_000
control_socket_disable = True

logger_class = ErrorLog
logconfig_dict = _logging()
