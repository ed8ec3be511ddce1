"""Log lines for people, or JSON with the same fields for machines (LOG_FORMAT=json)."""

from typing import Any


def logging_config(level: str, log_format: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error in the chosen format."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "{asctime} {levelname} {message}", "style": "{"},
            "json": {
                "class": "pythonjsonlogger.json.JsonFormatter",
                "format": "{asctime}{levelname}{name}{message}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": log_format}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
    }
