"""The line of each answer, with its figures as fields.

The path stands without its query string, and no header does: no token can get into the log. Probes
that went well have no line: one every few seconds would drown the rest.
"""

import logging

from scheduler.serving.wsgi_call import Answer, Scope

logger = logging.getLogger(__name__)

PROBES = "/health"


def log_answer(scope: Scope, answer: Answer, seconds: float, size: int | None = None) -> None:
    """Logs the answer, which took so many seconds from the complete request on.

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
        },
    )
