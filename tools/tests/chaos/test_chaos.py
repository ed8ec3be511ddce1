"""bin/chaos as a person runs it: every promise is kept, and nothing is left behind."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.tests.waiting import wait_until
from tools.checkout import CHECKOUT
from tools.tests.processes import processes_in

pytestmark = pytest.mark.timeout(400)

Chaos = Callable[..., subprocess.Popen[str]]

SHORT_SECONDS = 300  # less than half of it on a quiet machine


@pytest.fixture
def chaos() -> Iterator[Chaos]:
    """Starts bin/chaos; ends what a test has left running."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        started.append(run_chaos(*arguments))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=120)


def run_chaos(*arguments: str) -> subprocess.Popen[str]:
    """One bin/chaos; the servers of this test run are not its own."""
    variables = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "JOBS_REDIS_PREFIX")
    inherited = {name: value for name, value in os.environ.items() if name not in variables}
    return subprocess.Popen(
        [CHECKOUT / "bin" / "chaos", *arguments],
        cwd="/",
        env=inherited,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def document(process: subprocess.Popen[str], timeout: float = SHORT_SECONDS) -> dict[str, Any]:
    said, errors = process.communicate(timeout=timeout)
    assert said, errors
    answer: dict[str, Any] = json.loads(said)
    return answer


@pytest.fixture
def nothing_left(tmp_path: Path) -> Callable[[], bool]:
    return lambda: processes_in(tmp_path) == []


def test_every_promise_is_kept(
    chaos: Chaos, tmp_path: Path, nothing_left: Callable[[], bool]
) -> None:
    directory = tmp_path / "chaos"
    process = chaos("--short", "--json", "--directory", str(directory))
    answer = document(process)
    faults = {fault["fault"]: fault for fault in answer["faults"]}
    broken = {name: fault for name, fault in faults.items() if not fault["kept"]}
    assert not broken, json.dumps(broken, indent=2)
    assert process.returncode == 0
    assert answer["kept"]
    for name in ("kill", "freeze", "flush", "postgres", "api", "twice", "smtp-drop"):
        assert faults[name]["findings"]["jobs"] == 100
        assert faults[name]["verified"]
        schedules = faults[name]["companions"]["schedules"]
        assert schedules["fire_times"]
        assert (schedules["missed"], schedules["doubled"]) == (0, 0)
        limits = faults[name]["companions"]["limits"]
        assert limits["most_at_once"]["queue:limited"] == limits["allowed"]["queue:limited"]
        assert limits["leaked_slots"] == 0
    assert faults["smtp-drop"]["findings"]["parked"]
    assert not faults["flush"]["findings"]["parked"]
    wait_until(nothing_left, 10)
    assert not directory.exists()


def test_a_promise_that_is_not_kept_is_found(chaos: Chaos, tmp_path: Path) -> None:
    """Without retries, mails that were refused for the moment wait for a person in vain."""
    directory = tmp_path / "chaos"
    process = chaos(
        *("--jobs", "60", "--faults", "smtp-451", "--set", "JOBS_MAX_RETRIES=0"),
        *("--json", "--directory", str(directory)),
    )
    answer = document(process)
    assert process.returncode == 1
    assert not answer["kept"]
    [calm, refused] = answer["faults"]
    assert calm["kept"], calm
    [offender, *_] = refused["findings"]["parked_in_vain"]
    assert any(offender in line for line in refused["timelines"])
    assert (directory / "log").is_dir()


def test_an_interrupted_run_ends_what_it_started(
    chaos: Chaos, tmp_path: Path, nothing_left: Callable[[], bool]
) -> None:
    directory = tmp_path / "chaos"
    process = chaos("--faults", "term", "--directory", str(directory))
    wait_until(lambda: list(directory.glob("log/worker-*.log")), 60)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.communicate()
    wait_until(nothing_left, 10)


@pytest.mark.parametrize(
    "arguments",
    [("--faults", "fire"), ("--jobs", "3"), ("--workers", "1"), ("--set", "DEBUG=1")],
)
def test_a_wrong_option_is_explained(chaos: Chaos, arguments: tuple[str, ...]) -> None:
    process = chaos(*arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert arguments[0] in errors


def test_the_faults_are_listed(chaos: Chaos) -> None:
    said, _ = chaos("--list").communicate(timeout=60)
    for name in ("kill", "redis-away", "postgres", "api", "smtp-drop", "mixed"):
        assert name in said
