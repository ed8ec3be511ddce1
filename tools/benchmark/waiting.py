"""Waits for what other processes do."""

import time
from collections.abc import Callable

from tools.benchmark.errors import BenchmarkError


def wait_until(
    condition: Callable[[], object], what: str, timeout_seconds: float = 60.0, every: float = 0.02
) -> None:
    """Returns once `condition()` is true; raises BenchmarkError when the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{what} within {timeout_seconds:g} s")
        time.sleep(every)
