"""Runs one worker process, or several under a supervisor."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, InternalError, OperationalError, connections

from jobs.core.clock import SystemClock
from jobs.core.conf import jobs_conf
from jobs.core.errors import BrokerUnsuitable
from jobs.core.log_fields import log_as_worker
from jobs.core.outage import first_line
from jobs.management.queue_options import chosen_queues
from jobs.management.worker_checks import worker_check_tags
from jobs.management.worker_options import PORT_MAX, add_worker_options
from jobs.services.database_errors import failure_sentence, tls_refusal
from jobs.services.migrations import missing_migrations_sentence
from jobs.services.tracing_sdk import tracing_start, tracing_stop
from jobs.sql.statements import statements_load
from jobs.worker.options import WorkerOptions
from jobs.worker.process.descendants import end_descendants, end_forks_with
from jobs.worker.process.first_ping import ping_broker
from jobs.worker.process.health_server import HealthServer
from jobs.worker.process.memory import freeze_memory
from jobs.worker.process.stop_signals import (
    EXIT_UNFINISHED,
    EXIT_USAGE,
    StopSignals,
    end_until_ready,
)
from jobs.worker.process.supervisor import Supervisor
from jobs.worker.worker import Worker

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Fetches jobs from Redis and runs them until SIGTERM. Start as many as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        add_worker_options(parser)

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str | None, Any]:
        """All but the checks of pages, which a worker neither has nor loads."""
        return {"tags": worker_check_tags()}

    def handle(self, *args: Any, **options: Any) -> None:
        first = WorkerOptions(
            choice=chosen_queues(options),
            concurrency=options["concurrency"],
            async_concurrency=options["async_concurrency"],
            name=options["name"],
            max_jobs=options["max_jobs"],
            max_rss_mb=options["max_rss"],
        )
        _check_health_ports(options["health_port"], options["processes"])
        statements_load()
        freeze_memory()
        host, port = options["health_host"], options["health_port"]
        if options["processes"] == 1:
            exit_code = _run(first, host, port)
        else:
            exit_code = _supervise(first, options["processes"], host, port)
        if exit_code:
            raise SystemExit(exit_code)

    def run_from_argv(self, argv: list[str]) -> None:
        """Ends the process even if a thread that a handler started goes on.

        Python would wait for that thread, although the worker has logged that it has stopped.
        """
        end_until_ready()
        code: object = 0
        try:
            super().run_from_argv(argv)
        except SystemExit as leaving:
            if not _anything_else_runs():
                raise
            code = leaving.code
        if _anything_else_runs():
            _end_process(code if isinstance(code, int) else 1)


def _supervise(first: WorkerOptions, count: int, host: str, port: int | None) -> int:
    """Each process adds its number to the given name, and uses the next health port."""

    supervisor_pid = os.getpid()

    def run_child(number: int) -> int:
        name = first.name and f"{first.name}-{number}"
        options = replace(first, name=name, supervisor_pid=supervisor_pid)
        try:
            return _run(options, host, port and port + number - 1)
        except CommandError as error:
            logger.error(
                "Worker process %d cannot start: %s",
                number,
                error,
                extra={"event": "process.not_started", "number": number},
            )
            return error.returncode

    connections.close_all()  # the checks may have opened one; children must not share it
    return Supervisor(count, run_child, SystemClock()).run()


def _run(options: WorkerOptions, health_host: str, health_port: int | None) -> int:
    """One worker, from its registration to its exit code."""
    signals = StopSignals()
    signals.listen(supervised=options.supervisor_pid is not None)
    end_forks_with(os.getpid())
    tracing_start("job-scheduler-worker")
    worker = _worker(options)
    log_as_worker(worker.name)
    if health_port:
        try:
            _serve_health(worker, health_host, health_port)
        except CommandError:
            worker.sign_off()
            raise
    finished = worker.run(signals)
    end_descendants(SystemClock(), worker.name)
    tracing_stop()
    return 0 if finished else EXIT_UNFINISHED


def _anything_else_runs() -> bool:
    """Whether other threads run. Python waits even for daemons if a ThreadPoolExecutor has them."""
    return threading.active_count() > 1


def _end_process(code: int) -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a disk that is full, a stream that is closed
            stream.flush()
    os._exit(code)


def _worker(options: WorkerOptions) -> Worker:
    try:
        if sentence := missing_migrations_sentence():
            raise CommandError(sentence)
        ping_broker()
        return Worker(options)
    except BrokerUnsuitable as error:
        raise CommandError(str(error), returncode=EXIT_USAGE) from error
    except (OperationalError, InterfaceError) as error:
        if refusal := tls_refusal(error):
            raise CommandError(refusal, returncode=EXIT_USAGE) from error
        raise CommandError(failure_sentence(error)) from error
    except InternalError as error:
        raise CommandError(f"PostgreSQL takes no writes: {first_line(error)}") from error


def _serve_health(worker: Worker, host: str, port: int) -> None:
    try:
        token = jobs_conf().metrics_token
        metrics = _metrics(worker) if token else None
        HealthServer(host, port, worker.health, metrics, token).start()
    except (OSError, UnicodeError) as error:  # UnicodeError: a host that is no name
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"--health-host {host[:80]!r}, --health-port {port}: {reason}", returncode=EXIT_USAGE
        ) from error


def _metrics(worker: Worker) -> Callable[[], bytes]:
    try:
        from jobs.worker.process.metrics import WorkerMetrics
    except ImportError as error:  # projects that installed the app alone may do without
        raise CommandError(
            "A token for /metrics is set, but the package prometheus-client is missing: install "
            "django-job-scheduler[metrics]",
            returncode=EXIT_USAGE,
        ) from error
    return WorkerMetrics(worker.parts).text


def _check_health_ports(first: int | None, processes: int) -> None:
    last = (first or 1) + processes - 1
    if last > PORT_MAX:
        raise CommandError(
            f"--health-port {first}: with {processes} processes the last one would use port "
            f"{last}; ports end at {PORT_MAX}",
            returncode=EXIT_USAGE,
        )
