"""What a log line tells of the request during which it was written."""

import logging

from jobs.core.correlation import current_traceparent, trace_id_of
from jobs.core.request_id import current_request_id

# Of django.core.exceptions.SuspiciousOperation and what derives from it.
_REFUSED = "django.security."


class RequestFilter(logging.Filter):
    """Adds `request_id` and `trace_id` within requests, and an `event` to Django's lines on them.

    Of a request that Django refuses, for its Host as a rule, it logs an error with a traceback: any
    stranger could fill a log with these, and wake people up. It is a warning here, of one line.
    Lets every record pass. Takes 0.3 µs a record outside of requests, 1 µs within one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request_id, traceparent = current_request_id.get(), current_traceparent.get()
        if request_id:
            record.request_id = request_id
        if request_id or traceparent:
            record.trace_id = trace_id_of(request_id, traceparent)
        fields = record.__dict__
        if "status_code" in fields and "event" not in fields:
            record.event = _event(record.name, fields["status_code"])
        if record.name.startswith(_REFUSED) and record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
        return True


def _event(logger: str, status_code: int) -> str:
    if logger == "django.server":  # what `runserver` says of every request
        return "request.answered"
    return "request.failed" if status_code >= 500 else "request.refused"
