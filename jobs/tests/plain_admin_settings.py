"""The settings of the tests, with Django's own admin: as where django-unfold is not installed."""

from jobs.tests.settings import *  # noqa: F403

INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "unfold"]  # noqa: F405
del UNFOLD  # noqa: F821
