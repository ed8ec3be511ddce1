"""The jobs app: finds job types when Django starts."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        import jobs.checks  # noqa: F401  (registers itself)
        from jobs.handlers.registry import discover_job_types

        discover_job_types()
