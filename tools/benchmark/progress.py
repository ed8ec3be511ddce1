"""How far it is: a bar on a terminal, a line a step elsewhere."""

import shutil
import time
from typing import TextIO

BAR_WIDTH = 24


class Progress:
    """Counts measures; `step` says what one is doing."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._done = 0
        self._name = ""
        self._started = time.monotonic()

    def begin(self, name: str) -> None:
        """The next measure begins."""
        self._name = name
        self._show(name)

    def step(self, text: str) -> None:
        """What the present measure does now."""
        self._show(f"{self._name}: {text}")

    def end(self) -> None:
        """The present measure is done."""
        self._done += 1
        if self._done == self._total and self._stream.isatty():
            self._stream.write("\r\x1b[K")

    def _show(self, text: str) -> None:
        filled = BAR_WIDTH * self._done // max(1, self._total)
        elapsed = time.monotonic() - self._started
        line = (
            f"[{'█' * filled}{'·' * (BAR_WIDTH - filled)}] {self._done}/{self._total} "
            f"{elapsed:4.0f} s  {text}"
        )
        if self._stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{line[:width]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()
