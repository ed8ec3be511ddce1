"""The settings of the tests: the product's, and an app with job types that only tests use."""

from scheduler.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "jobs.tests.app"]  # noqa: F405

# Hashing passwords well would be most of what a test does.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
