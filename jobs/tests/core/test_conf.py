"""The settings of the app: each has a default, and a former name is refused."""

from dataclasses import fields

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from jobs.core.conf import RENAMED, JobsConf, jobs_conf, setting_name


def test_a_project_need_not_set_any(settings: Settings) -> None:
    for one in fields(JobsConf):
        if hasattr(django_settings, setting_name(one.name)):
            delattr(settings, setting_name(one.name))
    jobs_conf.cache_clear()
    try:
        assert jobs_conf() == JobsConf()
    finally:
        jobs_conf.cache_clear()


def test_what_is_set_counts(settings: Settings) -> None:
    settings.JOBS_MAX_RETRIES = 7
    assert jobs_conf().max_retries == 7


def test_the_defaults_are_in_order(settings: Settings) -> None:
    assert run_checks(tags=["jobs"]) == []


@pytest.mark.parametrize(("former", "name"), RENAMED.items())
def test_a_former_name_is_refused_with_the_new_one(
    former: str, name: str, settings: Settings
) -> None:
    setattr(settings, former, 3)
    [error] = run_checks(tags=["jobs"])
    assert error.msg == f"{former} is called {name} now; rename it."
    assert hasattr(JobsConf(), name.removeprefix("JOBS_").lower())
