"""The service's own settings, and job types whose effects can be counted."""

from scheduler.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tools.chaos.app"]  # noqa: F405
