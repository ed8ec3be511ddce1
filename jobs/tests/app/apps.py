"""The app of the tests. A process dies at the kill point that the variable KILL_POINT names."""

import os
import signal

from django.apps import AppConfig

from jobs.core import kill_points


class TestsConfig(AppConfig):
    name = "jobs.tests.app"
    label = "jobs_tests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if name := os.environ.get("KILL_POINT"):
            kill_points.arm(name, _kill_this_process)


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
