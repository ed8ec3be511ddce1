"""Spans of OpenTelemetry: a job is sent, each attempt processes it, and outcomes are settled.

Names and attributes follow the semantic conventions for messaging, which may still change: they
stand here alone. Nothing of a payload gets into a span. Without an SDK there is no span object, and
`tracing()` is None.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from uuid import UUID

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NoOpTracer,
    NoOpTracerProvider,
    ProxyTracerProvider,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
)

from jobs import __version__
from jobs.core.claim import ClaimedJob
from jobs.core.correlation import current_traceparent
from jobs.core.new_job import NewJob
from jobs.core.outcome import NotStarted, Outcome
from jobs.services.span_contexts import (
    context_within,
    links_to,
    parent_context,
    traceparent_of_span,
)

SYSTEM = "job_scheduler"
# As many links as the SDK keeps of a span by default.
LINKS_MAX = 128

_causes: ContextVar[Mapping[UUID, str]] = ContextVar("causes", default=MappingProxyType({}))
"""While outcomes are written: the spans of the attempts, by job, as a traceparent."""

_tracing: "Tracing | None" = None


def tracing() -> "Tracing | None":
    """What makes spans; None where no SDK is configured, or it is disabled."""
    global _tracing
    if _tracing is None:
        provider = trace.get_tracer_provider()
        if not isinstance(provider, ProxyTracerProvider | NoOpTracerProvider):
            tracer = provider.get_tracer("jobs", __version__)
            _tracing = None if isinstance(tracer, NoOpTracer) else Tracing(tracer)
    return _tracing


class Tracing:
    """Makes spans with the tracer of an SDK."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def send(self, *, replayed: str | None = None) -> Iterator[Span]:
        """The block enqueues; what it enqueues goes back to this span.

        `replayed`: the traceparent that the job was first sent with, which is linked.
        """
        with self._tracer.start_as_current_span(
            "send",
            context=parent_context(),
            kind=SpanKind.PRODUCER,
            attributes=_operation("send"),
            links=links_to([replayed or ""]),
            record_exception=False,  # it may quote a payload
            set_status_on_exception=False,
        ) as span:
            token = current_traceparent.set(traceparent_of_span(span))
            try:
                yield span
            except Exception as error:
                _fail(span, type(error).__name__)
                raise
            finally:
                current_traceparent.reset(token)

    def followed(self, new: NewJob, cause: UUID | None) -> NewJob:
        """A job that follows from the end of another one, `cause`, is sent within its attempt.

        What it was made with, when the chain or the batch was, is linked.
        """
        made_with = _causes.get().get(cause, "") if cause else ""
        span = self._tracer.start_span(
            f"send {new.queue}",
            context=context_within(made_with) if made_with else parent_context(),
            kind=SpanKind.PRODUCER,
            attributes={**_operation("send"), **_destination([new.queue]), "job.type": new.type},
            links=links_to([new.traceparent or ""]),
        )
        span.end()
        return new._replace(traceparent=traceparent_of_span(span))

    def begin(self, claim: ClaimedJob, worker: str) -> Span:
        """The span of an attempt, a trace of its own that is linked to where the job was sent.

        One that is not ended is not exported: an attempt that did not start has none.
        """
        return self._tracer.start_span(
            f"process {claim.queue}",
            context=Context(),
            kind=SpanKind.CONSUMER,
            attributes={
                **_operation("process"),
                **_destination([claim.queue]),
                "messaging.message.id": claim.id_text,
                "messaging.client.id": worker,
                "job.type": claim.type,
                "job.attempt": claim.attempt,
                "job.priority": claim.priority,
                "job.max_retries": claim.max_retries,
            },
            links=links_to([claim.traceparent or ""]),
        )

    def end(self, span: Span, outcome: Outcome) -> None:
        """The attempt has led to this; what is known of an error has no secrets any more."""
        if isinstance(outcome, NotStarted):
            return
        span.set_attribute("job.outcome", type(outcome).__name__)
        if error := getattr(outcome, "error", None):
            span.add_event(
                "exception",
                {
                    "exception.type": error["error"],
                    "exception.message": error["message"],
                    "exception.stacktrace": error["traceback"],
                },
            )
            _fail(span, error["error"])
        span.end()

    @contextmanager
    def settle(self, claims: Sequence[ClaimedJob]) -> Iterator[None]:
        """The block writes the outcomes of these attempts, to whose spans it is linked."""
        queues = sorted({one.queue for one in claims})
        spans = {one.id: one.traceparent or "" for one in claims}
        token = _causes.set(spans)
        try:
            with self._tracer.start_as_current_span(
                " ".join(["settle", *(queues if len(queues) == 1 else [])]),
                context=Context(),
                kind=SpanKind.CLIENT,
                attributes={
                    **_operation("settle"),
                    **_destination(queues),
                    "messaging.batch.message_count": len(claims),
                },
                links=links_to(list(spans.values())[:LINKS_MAX]),
                record_exception=False,
                set_status_on_exception=False,
            ):
                yield
        finally:
            _causes.reset(token)


def describe(span: Span, queues: Sequence[str], job_ids: Sequence[UUID], types: set[str]) -> None:
    """What was sent within a span, once it is known."""
    names = sorted(set(queues))
    if len(names) == 1:
        span.update_name(f"send {names[0]}")
    span.set_attributes(_destination(names))
    if len(types) == 1:
        span.set_attribute("job.type", next(iter(types)))
    if len(job_ids) == 1:
        span.set_attribute("messaging.message.id", str(job_ids[0]))
    else:
        span.set_attribute("messaging.batch.message_count", len(job_ids))


def traced(claim: ClaimedJob, span: Span) -> ClaimedJob:
    """The claim, from whose span everything goes on."""
    return claim._replace(traceparent=traceparent_of_span(span))


def continue_in_span(span: Span) -> None:
    """What this context does from now on, spans of other libraries included, is within the span."""
    otel_context.attach(trace.set_span_in_context(span))


def _operation(name: str) -> dict[str, str]:
    return {
        "messaging.system": SYSTEM,
        "messaging.operation.name": name,
        "messaging.operation.type": name,
    }


def _destination(queues: Sequence[str]) -> dict[str, str]:
    return {"messaging.destination.name": queues[0]} if len(queues) == 1 else {}


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))
