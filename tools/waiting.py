"""Waits for what other processes do."""

import time
from collections.abc import Callable

from tools.errors import ToolError


def wait_until(
    condition: Callable[[], object],
    timeout_seconds: float,
    what: str,
    every_seconds: float = 0.02,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Returns as soon as `condition()` is true; lets errors of it pass.

    `what` says in words what did not happen; `wait` lets a number of seconds pass.

    Raises `ToolError` when the time is over.
    """
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ToolError(f"{what} within {timeout_seconds:g} s")
        wait(every_seconds)
