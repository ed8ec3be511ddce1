"""Tests wait for conditions, never for time to pass."""

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], object], timeout: float = 20.0, message: str = "", every: float = 0.05
) -> None:
    """Returns as soon as `condition()` is true; raises AssertionError after `timeout` seconds.

    `condition` is asked every `every` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(message or f"not true within {timeout:g} s")
        time.sleep(every)
