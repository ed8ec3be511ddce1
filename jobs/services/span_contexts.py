"""Spans of other processes, which are known by the traceparent that a job keeps."""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, TraceFlags

from jobs.core.correlation import accepted_traceparent, current_traceparent


def parent_context() -> Context | None:
    """The span that is current, else what the request was sent with; None for the former."""
    if trace.get_current_span().get_span_context().is_valid:
        return None
    return context_within(current_traceparent.get())


def context_within(traceparent: str) -> Context:
    """Spans that are made in it are children of that one; without one they begin a trace."""
    context = span_context(traceparent)
    return Context() if context is None else trace.set_span_in_context(NonRecordingSpan(context))


def links_to(traceparents: Sequence[str]) -> list[Link]:
    """A link to each that is one."""
    return [Link(one) for one in map(span_context, traceparents) if one is not None]


def span_context(traceparent: str) -> SpanContext | None:
    """What the traceparent says; None for a text that is none."""
    if not accepted_traceparent(traceparent):
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def traceparent_of_span(span: Span) -> str:
    """What is stored with a job, and sent on to other systems (W3C)."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
