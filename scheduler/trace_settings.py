"""Whether spans are sent: by the variables that every program with OpenTelemetry understands."""

import re

from scheduler.variables import Variables, refused

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
SPOKEN = "http/protobuf"

_URL = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?", re.ASCII)


def sends_spans(variables: Variables) -> bool:
    """Whether there is an endpoint for spans; the SDK reads all other variables by itself.

    Raises ImproperlyConfigured for an endpoint that is no URL, and for a protocol that is not
    spoken here.
    """
    for name in ENDPOINTS:
        url = variables.text(name)
        if url and not _URL.fullmatch(url):
            raise refused(name, url.rpartition("@")[2], "set it to a URL: http://collector:4318")
    for name in PROTOCOLS:
        variables.choice(name, SPOKEN, (SPOKEN,))
    if variables.switch("OTEL_SDK_DISABLED", default=False):
        return False
    if variables.choice("OTEL_TRACES_EXPORTER", "otlp", ("otlp", "none")) == "none":
        return False
    return any(variables.has(name) for name in ENDPOINTS)
