"""Measures two things side by side, in turns: other load on the machine slows both alike."""

import time
from collections.abc import Callable

Action = Callable[[int], object]
"""Does something as often as the number says."""


def in_turns(count: int, slice_size: int, *actions: Action) -> list[float]:
    """Returns how many a second each action does, a slice of one after a slice of the other."""
    seconds = [0.0] * len(actions)
    for start in range(0, count, slice_size):
        size = min(slice_size, count - start)
        for number, action in enumerate(actions):
            started = time.perf_counter()
            action(size)
            seconds[number] += time.perf_counter() - started
    return [count / total for total in seconds]
