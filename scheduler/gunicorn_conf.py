"""How gunicorn serves the API.

The number of processes is WEB_CONCURRENCY and anything else can be overridden in
GUNICORN_CMD_ARGS; gunicorn reads both by itself.
"""

import gc
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from scheduler.env import EXIT_USAGE, read_environment
from scheduler.logs.config import logging_config


class AccessLog(Logger):  # type: ignore[misc]
    """The line of each answer, with its figures as fields.

    Probes that went well have none: one every few seconds would drown the rest.
    """

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        went_well = resp.status_code < 400
        if not self.access_log_enabled or (went_well and _is_probe(environ["PATH_INFO"])):
            return
        atoms = self.atoms(resp, req, environ, request_time)
        fields = {
            "event": "request.answered",
            "method": atoms["m"],
            "path": atoms["U"],
            "status_code": resp.status_code,
            "bytes": resp.sent,
            "milliseconds": atoms["M"],
        }
        self.access_log.info(
            self.cfg.access_log_format, self.atoms_wrapper_class(atoms), extra=fields
        )


def _is_probe(path: str) -> bool:
    return path.startswith("/health")


def _logging() -> dict[str, Any]:
    try:
        env = read_environment()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")  # without a traceback: it says which variable to set
        sys.exit(EXIT_USAGE)
    config = logging_config(env.log_level, env.log_format)
    for name in ("gunicorn.error", "gunicorn.access"):
        config["loggers"][name] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return config


def post_worker_init(worker: Any) -> None:
    """Loaded modules stay for good: the garbage collector need not traverse them again."""
    gc.collect()
    gc.freeze()


bind = "0.0.0.0:8000"  # a container publishes it on the address that its host chooses

# A request waits for PostgreSQL most of its time, so threads are cheaper than processes. Each
# thread keeps one database connection.
worker_class = "gthread"
threads = 8

# Heartbeat files of the workers belong in memory: on a slow disk they would block.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

timeout = 30
graceful_timeout = 20  # below the time a container is given to stop
keepalive = 65  # longer than the idle time of the usual proxies, so that they hang up first
max_requests = 20_000  # a slow leak in any library stays small
max_requests_jitter = 2_000
control_socket_disable = True

# The path without its query string, and no header: no token can get into the log.
logger_class = AccessLog
logconfig_dict = _logging()
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms'
