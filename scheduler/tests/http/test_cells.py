"""A deployment that is one of several cells says which one, wherever somebody may have to know."""

import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import clear_script_prefix, set_script_prefix
from rest_framework.test import APIClient

from jobs.management.commands.jobs import Command
from jobs.services.gauges import gauges_now
from scheduler.admin_theme import site_name, theme_settings
from scheduler.env import BASE_DIR, environment_of
from scheduler.http import health_views
from scheduler.tests.good_environment import GOOD
from scheduler.variables import Variables

CELL = "us-1"
PREFIX = f"/cells/{CELL}"


@pytest.fixture
def in_a_cell(settings: Any) -> Iterator[None]:
    settings.JOBS_CELL = CELL
    settings.FORCE_SCRIPT_NAME = PREFIX
    set_script_prefix(f"{PREFIX}/")  # as the server does for each call
    health_views._readiness.forget()
    yield
    clear_script_prefix()
    health_views._readiness.forget()


@pytest.fixture
def settings_of_a_cell(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of the project, as they are made where JOBS_CELL is set."""
    for name, value in (GOOD | {"JOBS_CELL": CELL}).items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(BASE_DIR / "scheduler" / "settings.py"))


def test_links_and_cookies_have_the_path_of_the_cell(settings_of_a_cell: dict[str, Any]) -> None:
    assert settings_of_a_cell["FORCE_SCRIPT_NAME"] == PREFIX
    for name in ("SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH"):
        assert settings_of_a_cell[name] == f"{PREFIX}/"


@pytest.mark.django_db
@pytest.mark.usefixtures("in_a_cell")
def test_answers_and_their_links_name_the_cell(api: APIClient) -> None:
    answer = api.post("/addJob", {"type": "tests.note", "payload": {"text": "hello"}})
    assert answer["Jobs-Cell"] == CELL
    path = f"{PREFIX}/jobs/{answer.json()['id']}"
    assert answer["Location"] == answer.json()["links"]["self"] == path
    # The front has taken the beginning off.
    found = api.get(path.removeprefix(PREFIX))
    assert found.json()["links"]["self"] == path
    assert api.get("/nothing")["Jobs-Cell"] == CELL


@pytest.mark.django_db
def test_without_cells_nothing_is_said_of_them(anonymous: APIClient) -> None:
    answer = anonymous.get("/health")
    assert "Jobs-Cell" not in answer
    assert "cell" not in answer.json()
    assert "jobs_cell_info" not in [one.name for one in gauges_now()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_a_cell")
def test_health_and_metrics_name_the_cell(anonymous: APIClient) -> None:
    assert anonymous.get("/health").json()["cell"] == CELL
    [info] = [one for one in gauges_now() if one.name == "jobs_cell_info"]
    assert (info.labels, list(info.samples)) == (("cell",), [((CELL,), 1.0)])


def test_the_admin_names_the_cell() -> None:
    assert CELL in site_name(CELL)
    assert theme_settings(CELL)["SITE_HEADER"] == theme_settings(CELL)["SITE_TITLE"]
    assert site_name("") == theme_settings("")["SITE_HEADER"] == "Job scheduler"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_a_cell")
def test_the_shell_names_the_cell_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    Command().run_from_argv(["manage.py", "jobs", "queues"])
    printed = capsys.readouterr()
    assert (printed.err, CELL in printed.out) == (f"Cell {CELL}\n", False)
    Command().run_from_argv(["manage.py", "jobs", "queues", "--json"])
    assert capsys.readouterr().err == ""


def test_a_cell_makes_tokens_that_others_refuse() -> None:
    def issuer(**variables: str) -> str:
        return environment_of(Variables(GOOD | variables)).tokens.issuer

    assert issuer() == "job-scheduler"
    assert issuer(JOBS_CELL=CELL) == f"job-scheduler/{CELL}"
    assert issuer(JOBS_CELL=CELL, JWT_ISSUER="ours") == "ours"
