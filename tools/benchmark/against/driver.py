"""Runs inside the version that is measured: one question a line in, one answer a line out.

It knows of that version only what any version has: `runworker`, the API, the columns that a drain
is measured by, and the service that enqueues, whose place it looks up.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from statistics import quantiles
from typing import Any

QUEUE, IDLE_QUEUE = "default", "bulk"
BATCH = 1_000
EVERY_SECONDS = 0.02
WARM_UP = 10
DEADLINE_SECONDS = 300.0

ENQUEUE_PLACES = ("jobs.services.enqueue", "jobs.services.enqueue.accept")
TABLES = "jobs_deadletter, jobs_processedkey, jobs_job"


def main() -> None:
    sys.path.remove(str(Path(__file__).resolve().parent))
    with ExitStack() as stack:
        driver = Driver(stack)
        for line in sys.stdin:
            question = json.loads(line)
            measure = getattr(driver, question["measure"])
            answer = measure(question["count"], question["processes"])
            print(json.dumps(answer), flush=True)


class Driver:
    """A method for each measure: it is given a count and a number of processes."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._idle: Path | None = None

    def start(self, count: int, processes: int) -> dict[str, Any]:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, stdout=sys.stderr)
        self._enqueue = next(filter(None, map(_find_enqueue, ENQUEUE_PLACES)))
        port = _free_port()
        gunicorn = ["-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf"]
        address = f"127.0.0.1:{port}"
        self._run([*gunicorn, "scheduler.wsgi", "--bind", address, "--workers", "2"])
        _wait_until(lambda: _is_open(port))
        return {"address": address, "token": _token()}

    def clear(self, count: int, processes: int) -> dict[str, float]:
        """Empty tables, and nothing left for PostgreSQL to write in the middle of a turn."""
        _sql(f"TRUNCATE {TABLES} CASCADE")
        _sql("VACUUM (ANALYZE) jobs_job, jobs_processedkey, jobs_worker")
        with suppress(Exception):  # takes a right that the service does not need
            _sql("CHECKPOINT")
        return {}

    def drain(self, count: int, processes: int) -> dict[str, float]:
        """Jobs a second, from the first claim to the last outcome; bytes of WAL a job."""
        self.clear(0, 0)
        for start in range(0, count, BATCH):
            self._many(range(start, min(count, start + BATCH)))
        before = _sql("SELECT pg_current_wal_lsn()")
        with ExitStack() as stack:
            self._run(
                ["-m", "django", "runworker", "--queues", QUEUE, "--processes", str(processes)],
                stack,
            )
            _wait_until(
                lambda: _sql("SELECT count(*) FROM jobs_job WHERE finished_at IS NULL") == 0
            )
        seconds = _sql(
            "SELECT extract(epoch FROM max(finished_at) - min(claimed_at))::float8 FROM jobs_job"
        )
        written = _sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{before}')::float8")
        return {"rate": count / seconds, "wal": written / count}

    def enqueue(self, count: int, processes: int) -> dict[str, float]:
        """Single calls a second."""
        began = time.perf_counter()
        for number in range(count):
            self._enqueue.job_enqueue(type="against.empty", payload={"number": number})
        return {"rate": count / (time.perf_counter() - began)}

    def bulk(self, count: int, processes: int) -> dict[str, float]:
        """Jobs a second, a thousand at a time."""
        self.clear(0, 0)
        began = time.perf_counter()
        for start in range(0, count, BATCH):
            self._many(range(start, min(count, start + BATCH)))
        return {"rate": count / (time.perf_counter() - began)}

    def pickup(self, count: int, processes: int) -> dict[str, float]:
        """Milliseconds from the call to the handler of an idle worker, a job every 20 ms."""
        if self._idle is None:
            self._idle = Path(os.environ["AGAINST_STAMPS"])
            self._run(["-m", "django", "runworker", "--queues", IDLE_QUEUE])
            self._stamp(WARM_UP)
        waits = self._stamp(count)
        percentiles = quantiles(waits, n=100, method="inclusive")
        return {"p50": percentiles[49], "p99": percentiles[98]}

    def _stamp(self, count: int) -> list[float]:
        assert self._idle is not None
        self._idle.write_text("")
        due = time.monotonic()
        for _ in range(count):
            self._enqueue.job_enqueue(
                type="against.stamp", payload={"since": time.time()}, queue=IDLE_QUEUE
            )
            due += EVERY_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
        idle = self._idle
        _wait_until(lambda: len(idle.read_text().splitlines()) == count)
        return sorted(float(line) * 1_000 for line in idle.read_text().splitlines())

    def _many(self, numbers: range) -> None:
        request = self._enqueue.JobRequest
        self._enqueue.jobs_enqueue(
            requests=[request(type="against.empty", payload={"number": n}) for n in numbers]
        )

    def _run(self, arguments: list[str], stack: ExitStack | None = None) -> None:
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=sys.stderr
        )
        (stack or self._stack).callback(_stop, child)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(40)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _find_enqueue(place: str) -> Any:
    with suppress(ImportError):
        module = import_module(place)
        if hasattr(module, "jobs_enqueue"):
            return module
    return None


def _sql(statement: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def _token() -> str:
    from django.contrib.auth import get_user_model
    from rest_framework_simplejwt.tokens import AccessToken

    user, _ = get_user_model().objects.get_or_create(username="benchmark")
    return str(AccessToken.for_user(user))


def _wait_until(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {DEADLINE_SECONDS:g} s")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


if __name__ == "__main__":
    main()
