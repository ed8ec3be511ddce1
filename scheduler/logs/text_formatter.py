"""Log lines for people."""

import logging
from typing import Any

from scheduler.logs.escaping import escaped


class TextFormatter(logging.Formatter):
    """Time, level and message; within a request its id, too.

    A message is one line, whatever a client has put into it. A record with `lines=True` brings
    lines of its own, which no client has a say in. Tracebacks keep their lines.
    """

    _last_second = (0, "")

    def usesTime(self) -> bool:  # noqa: N802 - the name is logging's
        """Always."""
        return True

    def formatTime(  # noqa: N802 - the name is logging's
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """As logging does; the calendar is asked once a second, which is 2 µs less a line."""
        second, text = self._last_second
        if second != int(record.created):
            second, text = int(record.created), super().formatTime(record, "%Y-%m-%d %H:%M:%S")
            self._last_second = second, text
        return f"{text},{int(record.msecs):03d}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line without the traceback. An f-string, as every job of a worker logs."""
        fields = record.__dict__
        request = f"[request {fields['request_id']}] " if "request_id" in fields else ""
        message = escaped(record.message, keep="\n" if "lines" in fields else "")
        return f"{fields['asctime']} {record.levelname} {request}{message}"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """The traceback; the exception may quote anything."""
        return escaped(super().formatException(ei), keep="\n")
