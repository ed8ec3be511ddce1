"""The line of each answer, with its figures as fields.

The path stands without its query string, and no header does: no token can get into the log. Probes
that went well have no line: one every few seconds would drown the rest.
"""

import logging

from jobs.core.correlation import trace_id_of
from jobs.core.request_id import current_request_id
from scheduler.http.request_id import HEADER, TRACE_HEADER
from scheduler.serving.wsgi_call import Answer, Scope

logger = logging.getLogger(__name__)

PROBES = "/health"


def log_answer(scope: Scope, answer: Answer, seconds: float, size: int | None = None) -> None:
    """Logs the answer. `seconds`: from the complete request on.

    `size`: of all parts of a stream, in bytes.
    """
    path: str = scope["path"]
    if answer.status < 400 and path.startswith(PROBES):
        return
    client = (scope.get("client") or ("-",))[0]
    size = len(answer.body) if size is None else size
    method, milliseconds = scope["method"], int(seconds * 1000)
    logger.info(
        '%s "%s %s" %s %s bytes %s ms',
        *(client, method, path, answer.status, size, milliseconds),
        extra={
            "event": "request.answered",
            "client": client,
            "method": method,
            "path": path,
            "status_code": answer.status,
            "bytes": size,
            "milliseconds": milliseconds,
            **_ids_of(answer),
        },
    )


def _ids_of(answer: Answer) -> dict[str, str]:
    """The ids of the request, for a line that is written on the event loop: there no filter adds
    them, as its requests share one thread."""
    if current_request_id.get():
        return {}
    sent = {name: value.decode("latin-1") for name, value in answer.headers}
    request_id = sent.get(HEADER.lower().encode(), "")
    traceparent = sent.get(TRACE_HEADER.lower().encode(), "")
    if not request_id:
        return {}
    return {"request_id": request_id, "trace_id": trace_id_of(request_id, traceparent)}
