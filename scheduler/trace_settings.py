"""Whether spans are sent: by the variables that every program with OpenTelemetry understands."""

import re

from django.core.exceptions import ImproperlyConfigured

from scheduler.trace_numbers import check_trace_numbers
from scheduler.variables import Variables, is_url, refused

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
SPOKEN = "http/protobuf"
HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
SAMPLERS = ("always_on", "always_off", "traceidratio")

_URL = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?", re.ASCII)
# A name and what it says, as the SDK takes it: with %-codes for commas and the like.
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ *= *[ !#-+\--:<-\[\]-~]*", re.ASCII)


def sends_spans(variables: Variables) -> bool:
    """Whether there is an endpoint for spans; the SDK reads all other variables by itself.

    Raises ImproperlyConfigured for an endpoint that is no URL, for a protocol that is not spoken
    here, for numbers that are none, and for headers and samplers of which the SDK would only log
    that it does without them.
    """
    for name in ENDPOINTS:
        url = variables.text(name)
        if url and not is_url(url, _URL):
            raise refused(name, url.rpartition("@")[2], "set it to a URL: http://collector:4318")
    for name in PROTOCOLS:
        variables.choice(name, SPOKEN, (SPOKEN,))
    _check_headers(variables)
    _check_sampler(variables)
    check_trace_numbers(variables)
    if variables.switch("OTEL_SDK_DISABLED", default=False):
        return False
    if variables.choice("OTEL_TRACES_EXPORTER", "otlp", ("otlp", "none")) == "none":
        return False
    return any(variables.has(name) for name in ENDPOINTS)


def _check_headers(variables: Variables) -> None:
    """They are secrets, and the SDK logs what it does not understand of them."""
    for name in HEADERS:
        members = [one.strip() for one in variables.text(name).split(",")]
        if any(one and not _HEADER.fullmatch(one) for one in members):
            raise ImproperlyConfigured(
                f"{name} has a member that is not of the form name=value; set it to, for example, "
                "authorization=Bearer%20..., with commas between several."
            )


def _check_sampler(variables: Variables) -> None:
    name, argument = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
    words = (*SAMPLERS, *(f"parentbased_{one}" for one in SAMPLERS))
    Variables({name: variables.text(name).lower()}).choice(name, words[0], words)
    if variables.has(argument) and not 0 <= variables.any_number(argument, 1.0) <= 1:
        raise refused(argument, variables.text(argument), "set it to a number from 0 to 1")
