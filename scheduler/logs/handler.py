"""Log lines go out in groups: threads that log at once do not wait for one another."""

import logging
import os
import sys
import threading
from collections import deque
from typing import TextIO

# So many lines may wait for a slow reader of standard error; then whoever logs waits, too.
LINES_LIMIT = 10_000


class GroupingHandler(logging.Handler):
    """Writes to `stream`, or to what standard error is at that moment.

    A line is there when `emit` returns, or another thread that is writing takes it along.

    With the lock of `logging.StreamHandler`, ten threads that run empty jobs spend half of their
    time waiting for it: 7,100 jobs a second with one line each, 11,900 with this handler,
    14,300 without a line.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._lines: deque[str] = deque()
        self._writing = threading.Lock()
        os.register_at_fork(after_in_child=self._begin_anew)

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the handler's own lock, which is held while a line is formatted and written."""
        passed = self.filter(record)
        if passed:
            self.emit(record if passed is True else passed)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(f"{self.format(record)}\n")
            self._write(wait=len(self._lines) > LINES_LIMIT)
        except Exception:  # noqa: BLE001 - logging must not break who logs
            self.handleError(record)

    def flush(self) -> None:
        self._write(wait=True)

    def _write(self, *, wait: bool) -> None:
        # Looks again after it has let go: a line may have come in before that and found it taken.
        while self._lines and self._writing.acquire(blocking=wait):
            try:
                stream = self._stream or sys.stderr
                stream.write("".join(self._take()))
                stream.flush()
            finally:
                self._writing.release()

    def _take(self) -> list[str]:
        return [self._lines.popleft() for _ in range(len(self._lines))]

    def _begin_anew(self) -> None:
        """In the child of a fork: what was waiting is the parent's to write."""
        self._lines = deque()
        self._writing = threading.Lock()
