"""The jobs app: finds job types when Django starts, and declares queues when it has migrated."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate

from jobs.core.submission_right import UNLIMITED, current_submission_right


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"  # as migrated, whatever the project has

    def ready(self) -> None:
        import jobs.checks
        import jobs.sql.session_formats  # noqa: F401  (registers itself)
        from jobs.handlers.registry import discover_job_types

        discover_job_types()
        for signal in (request_started, request_finished):
            signal.connect(_forget_right)
        post_migrate.connect(_declare_queues, sender=self)


def _forget_right(**_: object) -> None:
    """A thread answers one client after the other, and staff in between."""
    current_submission_right.set(UNLIMITED)


def _declare_queues(*, using: str, apps: Any = apps, **_: object) -> None:
    """Called by Django, with the models as they are after the last migration that was run."""
    from jobs.services.queues import queues_declare

    try:
        model = apps.get_model("jobs", "Queue")
    except LookupError:
        return  # the table is in a later migration
    if using == DEFAULT_DB_ALIAS:
        queues_declare(model=model)
