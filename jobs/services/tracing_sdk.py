"""Starts OpenTelemetry's SDK in a process of ours, configured by its own OTEL_* variables."""

import os

from opentelemetry import trace

from jobs.core.conf import jobs_conf
from jobs.services.tracing import tracing


def tracing_start(service_name: str) -> None:
    """Sends spans over OTLP from now on, if that is configured; to be called after a fork.

    `service_name`: unless OTEL_SERVICE_NAME, or OTEL_RESOURCE_ATTRIBUTES, names it. Does nothing
    where the project has set up an SDK itself. That the SDK is there is a rule of the settings.
    """
    if not jobs_conf().tracing or tracing() is not None:
        return
    _drop_empty_variables()  # before the modules that read them
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = OTELResourceDetector().detect().attributes.get("service.name")
    provider = TracerProvider(
        resource=Resource.create({"service.name": str(named or service_name)})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def tracing_stop() -> None:
    """Sends what is left. Processes that end without Python's own end must call it."""
    provider = trace.get_tracer_provider()
    if jobs_conf().tracing and hasattr(provider, "shutdown"):
        provider.shutdown()


def _drop_empty_variables() -> None:
    """By the rules of OpenTelemetry they count as unset; the SDK takes them for wrong numbers."""
    for name, value in list(os.environ.items()):
        if name.startswith("OTEL_") and not value:
            del os.environ[name]
