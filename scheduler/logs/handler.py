"""Log lines go out in groups: threads that log at once do not wait for one another."""

import logging
import os
import sys
import threading
from collections import deque
from typing import TextIO

# Lines that may wait for a slow reader of standard error; with more, threads that log wait, too.
LINES_LIMIT = 10_000


class GroupingHandler(logging.Handler):
    """Writes to `stream`, or to what `sys.stderr` is at that moment.

    A line is written when `emit` returns, or by another thread that is writing already.

    With the lock of `logging.StreamHandler`, ten threads that run empty jobs spend half of their
    time waiting for it: 7,100 jobs a second with one line each, 11,900 with this handler,
    14,300 without a line.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._lines: deque[str] = deque()
        self._writing = threading.Lock()
        os.register_at_fork(after_in_child=self._reset)

    def handle(self, record: logging.LogRecord) -> bool:
        """Emits without the handler's lock, which logging would hold until the line is written."""
        passed = self.filter(record)
        if passed:
            self.emit(record if passed is True else passed)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Formats the record and writes it, alone or with the lines of other threads."""
        try:
            self._lines.append(f"{self.format(record)}\n")
            self._write(wait=len(self._lines) > LINES_LIMIT)
        except Exception:  # noqa: BLE001 - logging must not break the code that logs
            self.handleError(record)

    def flush(self) -> None:
        """Returns once every line that was emitted before is written."""
        self._write(wait=True)

    def _write(self, *, wait: bool) -> None:
        # Checks again after the release: a line may have come in before it, when the lock was held.
        while self._lines and self._writing.acquire(blocking=wait):
            try:
                stream = self._stream or sys.stderr
                stream.write("".join(self._take()))
                stream.flush()
            finally:
                self._writing.release()

    def _take(self) -> list[str]:
        return [self._lines.popleft() for _ in range(len(self._lines))]

    def _reset(self) -> None:
        """In the child of a fork: the parent writes the lines that were waiting."""
        self._lines = deque()
        self._writing = threading.Lock()
