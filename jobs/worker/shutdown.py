"""Signals: the first one asks for a graceful stop, the second one is immediate."""

import logging
import os
import signal
import threading
from types import FrameType

logger = logging.getLogger(__name__)

EXIT_IMMEDIATE = 130


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM or SIGINT sets `stop`; the next one ends the process where it stands.

    What was running then is rescued by the other workers.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(EXIT_IMMEDIATE)
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
