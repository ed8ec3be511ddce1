"""Log lines that wait to be written: up to a limit, and a count of what is over it."""

import threading
from collections import deque

# What may wait for a slow reader of standard error, in characters: some 50,000 usual lines.
CHARACTERS_LIMIT = 8_000_000


class LineQueue:
    """Safe between threads, and within one that is interrupted by a finalizer that logs.

    `dropped`: how many lines were dropped so far.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._lines: deque[str] = deque()
        self._characters = 0
        self._dropped = 0
        self.dropped = 0

    def put(self, line: str) -> None:
        """Takes the line, or counts it as dropped where too much is waiting.

        Without a lock: threads that log at once would wait for each other, and each wait costs more
        than the line. Two that add to the count at the same moment may lose one of the lengths,
        which lets a little more wait than the limit says.
        """
        if self._characters + len(line) > CHARACTERS_LIMIT:
            self.drop(1)
            return
        self._lines.append(line)
        self._characters += len(line)

    def drop(self, count: int) -> None:
        """Counts lines that could not be written."""
        with self._lock:
            self._dropped += count
            self.dropped += count

    def take(self) -> tuple[list[str], int]:
        """All lines that wait, and how many were dropped since the last call. One thread at a time
        takes."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        self._characters = 0
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return lines, dropped

    def __bool__(self) -> bool:
        """Whether lines wait."""
        return bool(self._lines)
