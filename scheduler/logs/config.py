"""Log lines for people, or JSON with the same fields for machines (LOG_FORMAT=json)."""

from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS


def logging_config(level: str, log_format: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error in the chosen format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request": {"()": "scheduler.logs.request_filter.RequestFilter"},
            "job": {"()": "jobs.core.handler_log.JobFilter"},
        },
        "formatters": {
            "text": {"()": "scheduler.logs.text_formatter.TextFormatter"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{asctime}{levelname}{name}{message}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                # Django hands the whole request along, with what may stand in its URL.
                "reserved_attrs": [*RESERVED_ATTRS, "taskName", "request"],
            },
        },
        "handlers": {
            "stderr": {
                "class": "scheduler.logs.handler.GroupingHandler",
                "filters": ["request", "job"],
                "formatter": log_format,
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write everything a second time.
            "django": {"handlers": [], "level": level},
            # For each variable that a page does without, it writes all that the page knows: secrets
            # that were just made, payloads.
            "django.template": {"level": "INFO" if level == "DEBUG" else level},
            "django.server": {"handlers": ["stderr"], "propagate": False},
        },
    }
