"""Numbers that the SDK of OpenTelemetry reads by itself, looked at before it does.

With one that is none it ends the process with a traceback, or logs a traceback and goes on with its
default: either looks like a fault of the service.
"""

from django.core.exceptions import ImproperlyConfigured

from scheduler.variables import Variables, refused

QUEUE_SIZE, BATCH_SIZE = "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"

# Whole numbers of at least 1, with the SDK's defaults.
_WHOLE = {
    QUEUE_SIZE: 2_048,
    BATCH_SIZE: 512,
    "OTEL_BSP_SCHEDULE_DELAY": 5_000,
    "OTEL_BSP_EXPORT_TIMEOUT": 30_000,
}
_SECONDS = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
_HIGHEST = 10**9

# Limits of a span: a whole number, or the word for none.
_LIMITS = ("_COUNT_LIMIT", "_VALUE_LENGTH_LIMIT")
_NO_LIMIT = "unset"


def check_trace_numbers(variables: Variables) -> None:
    """Raises ImproperlyConfigured for one that is set, and that the SDK would not take."""
    numbers = dict(_WHOLE)
    for name in variables.given("OTEL_"):
        if name in _WHOLE:
            numbers[name] = variables.whole(name, 1, 1, _HIGHEST)
        elif name in _SECONDS:
            _check_seconds(variables, name)
        elif name.endswith(_LIMITS) and variables.text(name).strip().lower() != _NO_LIMIT:
            variables.whole(name, 0, 0, _HIGHEST)
    if numbers[BATCH_SIZE] > numbers[QUEUE_SIZE]:
        raise ImproperlyConfigured(
            f"{BATCH_SIZE} is {numbers[BATCH_SIZE]}, and {QUEUE_SIZE} is {numbers[QUEUE_SIZE]}; "
            "a batch must fit into the queue."
        )


def _check_seconds(variables: Variables, name: str) -> None:
    if not 0 < variables.any_number(name, 1.0) <= _HIGHEST:
        raise refused(name, variables.text(name), "set it to a number of seconds above 0")
