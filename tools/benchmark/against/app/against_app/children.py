"""The processes of the version that is measured: workers, and the API under gunicorn."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

API_PROCESSES = 2

START_SECONDS = 60.0
STOP_SECONDS = 40.0

Child = subprocess.Popen[bytes]


def start(*arguments: str) -> Child:
    """Starts Python with these arguments; what it says goes to the log, as this process's does."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=sys.stderr
    )


def start_api(port: int) -> Child:
    """The API with two processes, as the container starts it; returns when it listens."""
    child = start(
        *("-m", "gunicorn", "--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi"),
        *("--bind", f"127.0.0.1:{port}", "--workers", str(API_PROCESSES)),
        *("--max-requests", "0"),  # one that is replaced in the middle would drop its connections
    )
    wait_until(lambda: _listens(port), START_SECONDS, [child])
    return child


def send(children: list[Child], number: signal.Signals) -> None:
    """Sends a signal to each of them."""
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child.pid, number)


def stop(children: list[Child]) -> None:
    """Asks them to stop, frozen or not; kills what does not stop in time."""
    send(children, signal.SIGTERM)
    send(children, signal.SIGCONT)
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until(
    condition: Callable[[], object],
    seconds: float,
    children: list[Child],
    every_seconds: float = 0.02,
) -> None:
    """Returns once the condition holds; raises RuntimeError if a child ends or time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if any(child.poll() is not None for child in children):
            raise RuntimeError("a process ended")
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds:g} s")
        time.sleep(every_seconds)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
