"""What has to be there where traces are on."""

from collections.abc import Iterator
from importlib.util import find_spec

from jobs.core.conf import JobsConf

_MODULES = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


def broken_tracing_rules(conf: JobsConf) -> Iterator[str]:
    """One sentence where spans are to be sent, and what sends them is missing."""
    if conf.tracing and not all(map(_is_installed, _MODULES)):
        yield (
            "Traces are on (OTEL_EXPORTER_OTLP_ENDPOINT, or JOBS_TRACING), and the SDK of "
            "OpenTelemetry is missing; install requirements-tracing.txt, or "
            "django-job-scheduler[otel], or leave traces off."
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package around it
        return False
