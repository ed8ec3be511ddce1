"""Calls that enqueue are spans, where traces are on."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from jobs.services.enqueue.enqueued import Enqueued
from jobs.services.tracing import describe, tracing

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer", bound=Enqueued | Sequence[Any])


def traced(enqueue: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """The call is one span, however many jobs it enqueues; each job is linked to it later."""

    @wraps(enqueue)
    def within_span(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        if (spans := tracing()) is None:
            return enqueue(*args, **kwargs)
        with spans.send() as span:
            answer = enqueue(*args, **kwargs)
            answers = [answer] if isinstance(answer, Enqueued) else answer
            accepted = [one for one in answers if isinstance(one, Enqueued)]
            describe(
                span,
                queues=[one.request.queue for one in accepted],
                job_ids=[one.job_id for one in accepted],
                types={one.request.type for one in accepted},
            )
            return answer

    return within_span
