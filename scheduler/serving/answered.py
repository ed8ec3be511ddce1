"""What is done with each answer beside sending it: it is counted, and logged."""

from scheduler.serving.access_log import log_answer
from scheduler.serving.request_counts import request_counts
from scheduler.serving.wsgi_call import Answer, Scope


def answered(scope: Scope, answer: Answer, seconds: float, size: int | None = None) -> None:
    """`seconds`: how long the answer took from the complete request on.

    `size`: of all parts of a stream, in bytes.
    """
    request_counts.count(scope["method"], scope["path"], answer.status, seconds)
    log_answer(scope, answer, seconds, size)
