"""The settings of the app: each has a default."""

from dataclasses import fields

from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from jobs.core.conf import JobsConf, jobs_conf, setting_name


def test_a_project_need_not_set_any(settings: Settings) -> None:
    for one in fields(JobsConf):
        if hasattr(django_settings, setting_name(one.name)):
            delattr(settings, setting_name(one.name))
    jobs_conf.cache_clear()
    try:
        assert jobs_conf() == JobsConf()
    finally:
        jobs_conf.cache_clear()


def test_a_setting_of_the_project_wins(settings: Settings) -> None:
    settings.JOBS_MAX_RETRIES = 7
    assert jobs_conf().max_retries == 7
