"""What a log line tells of the request during which it was written."""

import logging

from jobs.core.correlation import current_traceparent, trace_id_of
from jobs.core.request_id import current_request_id


class RequestFilter(logging.Filter):
    """Adds `request_id` and `trace_id` within requests, and an `event` to Django's lines on them.

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
        return True


def _event(logger: str, status_code: int) -> str:
    if logger == "django.server":  # what `runserver` says of every request
        return "request.answered"
    return "request.failed" if status_code >= 500 else "request.refused"
