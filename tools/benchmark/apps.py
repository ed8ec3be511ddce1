"""The app of the benchmark's job types."""

from django.apps import AppConfig


class BenchmarkConfig(AppConfig):
    name = "tools.benchmark"
    label = "jobs_benchmark"

    def ready(self) -> None:
        from tools.benchmark.session_names import name_sessions

        name_sessions()
