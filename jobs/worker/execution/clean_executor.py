"""The threads on which async handlers run what blocks: no call finds what another one left."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import Any, ParamSpec, TypeVar

from jobs.worker.execution.thread_connections import (
    reset_shared_connections,
    thread_connections,
)
from jobs.worker.process.descendants import end_if_forked

P = ParamSpec("P")
R = TypeVar("R")


class CleanExecutor(ThreadPoolExecutor):
    """Runs each call in a context of its own, and then resets the database sessions it used."""

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        run: Callable[..., R] = Context().run
        return super().submit(run, _run, function, *args, **kwargs)


def _run(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    thread_connections.handler_begins()
    try:
        return function(*args, **kwargs)
    finally:
        end_if_forked()
        if thread_connections.opened:
            reset_shared_connections()
