"""This scheduler, as `bin/benchmark` measures it."""

import sys
from collections.abc import Callable, Sequence

import django
from django.core.management import call_command
from django.db import DatabaseError, connection

import jobs
from tools.benchmark.job_names import EMPTY, SLEEP_ASYNC, STAMP
from tools.benchmark.peers.driver import measured

TYPES = {measured.EMPTY: EMPTY, measured.SLEEP: SLEEP_ASYNC, measured.STAMP: STAMP}

# Rows stay when their jobs are done. The newest one ends last, or nearly so, and is found by the
# primary key: only when it has ended are others looked for.
_NEWEST_WAITS = "SELECT finished_at IS NULL FROM jobs_job ORDER BY id DESC LIMIT 1"
_ANY_WAITS = "SELECT EXISTS (SELECT FROM jobs_job WHERE finished_at IS NULL)"


class Ours:
    """The settings of the project, its defaults, and a log at the level that is set."""

    version = jobs.__version__
    tables = ("jobs_job",)
    ready = "ready: queues"
    program = sys.executable

    def __init__(self) -> None:
        django.setup()
        from jobs.services.enqueue import JobRequest, job_enqueue, jobs_enqueue

        self._request: Callable[..., JobRequest] = JobRequest
        self._enqueue = job_enqueue
        self._enqueue_many = jobs_enqueue

    def prepare(self) -> None:
        call_command("migrate", verbosity=0, stdout=sys.stderr)

    def worker(self, slots: int | None) -> Sequence[str]:
        arguments = ["-m", "django", "runworker", "--queues", "default"]
        if slots:
            arguments += ["--concurrency", str(slots), "--async-concurrency", str(slots)]
        return arguments

    def accept_each(self, kind: str, count: int) -> None:
        for payload in measured.payloads(kind, count):
            self._enqueue(type=TYPES[kind], payload=payload)

    def accept(self, kind: str, count: int) -> None:
        payloads = measured.payloads(kind, count)
        try:
            self._enqueue_many(requests=[self._request(TYPES[kind], one) for one in payloads])
        except DatabaseError:
            connection.close()  # or Django would keep the broken one
            raise

    def is_done(self) -> bool:
        return not (self._holds(_NEWEST_WAITS) or self._holds(_ANY_WAITS))

    def forget(self) -> None:
        from jobs.broker import get_broker

        get_broker().forget_everything()

    def end(self) -> None:
        self.forget()

    def _holds(self, question: str) -> bool:
        """False also where there is no job."""
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
        return bool(row and row[0])
