"""Log lines for people."""

import logging


class TextFormatter(logging.Formatter):
    """Time, level and message; within a request its id, too."""

    def usesTime(self) -> bool:  # noqa: N802 - the name is logging's
        """Always."""
        return True

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """The line without the traceback. An f-string, as every job of a worker logs."""
        fields = record.__dict__
        request = f"[request {fields['request_id']}] " if "request_id" in fields else ""
        return f"{fields['asctime']} {record.levelname} {request}{record.message}"
