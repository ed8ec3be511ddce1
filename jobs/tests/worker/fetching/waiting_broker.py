"""A broker in which a job appears at the moment at which a worker waits for one."""

from collections.abc import Callable, Sequence
from typing import Any

from jobs.broker.base import Broker
from jobs.core.message import Fetched


class EmptyUntilWaitedFor:
    """Empty until `wait` is called, which calls `make` first."""

    def __init__(self, broker: Broker, make: Callable[[], object]) -> None:
        self._broker = broker
        self._make = make

    def wait(self, queues: Sequence[str], timeout_seconds: float) -> Fetched | None:
        self._make()
        return self._broker.wait(queues, timeout_seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)
