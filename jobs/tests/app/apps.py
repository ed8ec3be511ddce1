from django.apps import AppConfig


class TestsConfig(AppConfig):
    name = "jobs.tests.app"
    label = "jobs_tests"
    default_auto_field = "django.db.models.BigAutoField"
