"""Fixtures of the tests that start and kill real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.waiting import wait_until


@pytest.fixture
def service(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """Starts processes, and ends them after the test."""
    notes = tmp_path / "notes"
    monkeypatch.setenv("NOTES_FILE", str(notes))
    service = Service(tmp_path)
    yield service
    service.end()


@pytest.fixture(scope="module")
def shared_api(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Process, str]]:
    """One API for those tests of a module that leave it as it was; its process and its address."""
    service = Service(tmp_path_factory.mktemp("api"))
    yield service.api_process()
    service.end()


def all_final() -> bool:
    """No job is queued or running."""
    return not Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists()


@pytest.fixture
def wait_until_all_final() -> Callable[[float], None]:
    """Waits until no job is queued or running."""

    def wait(timeout: float = 40.0) -> None:
        def states() -> str:
            return str(sorted(Job.objects.values_list("state", "attempt", "type")))[:500]

        try:
            wait_until(all_final, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}: {states()}") from None

    return wait
