"""bin/benchmark, very small: every measure works, and leaves nothing behind.

How fast anything is does not matter here, and must not: the machine is busy with tests.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from jobs.broker.redis import RedisBroker
from jobs.handlers.registry import job_types
from jobs.tests.waiting import wait_until
from tools.benchmark.figure import Figure, medians
from tools.benchmark.job_names import EMPTY
from tools.benchmark.measures import MEASURES
from tools.benchmark.options import MEASURES as NAMES
from tools.benchmark.options import parse
from tools.benchmark.scope import Scope
from tools.benchmark.table import HEADINGS, table
from tools.benchmark.targets import TARGETS
from tools.checkout import CHECKOUT

# One run of everything takes a minute or two: workers start a dozen times.
SECONDS = 900  # of a machine that all parts of the tests share


def benchmark(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tools.benchmark", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONWARNINGS": "default", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'benchmark%'")
        return {name for (name,) in cursor.fetchall()}


def redis_keys(pid: int) -> list[str]:
    """What a run has left in Redis."""
    broker = RedisBroker(settings.JOBS_REDIS_URL, Scope(f"benchmark_{pid}").redis_prefix, 1)
    return list(broker._client.scan_iter(match=f"{{benchmark_{pid}}}:*"))


@pytest.fixture(scope="module")
def run() -> "subprocess.CompletedProcess[str]":
    """One run of everything, 100 jobs a drain."""
    process = benchmark("--jobs", "100", "--repeat", "1", "--processes", "2", "--json")
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors[-3_000:]
    return subprocess.CompletedProcess([str(process.pid)], 0, output, errors)


@pytest.fixture(scope="module")
def found(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


@pytest.fixture
def figures(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        figure["name"]: figure
        for measure in found["measures"].values()
        for figure in measure["figures"]
    }


@pytest.mark.timeout(SECONDS)
def test_every_measure_has_run(found: dict[str, Any]) -> None:
    assert list(found["measures"]) == list(MEASURES)
    assert found["sizes"] == {"jobs": 100, "repeat": 1, "processes": 2}
    assert found["machine"]["fsync"] == "on"


@pytest.mark.timeout(SECONDS)
def test_every_target_is_judged(figures: dict[str, dict[str, Any]]) -> None:
    assert set(TARGETS) <= set(figures)
    assert all(len(figures[name]["verdicts"]) == len(TARGETS[name]) for name in TARGETS)


@pytest.mark.timeout(SECONDS)
def test_rates_and_waits_are_more_than_nothing(figures: dict[str, dict[str, Any]]) -> None:
    may_be_zero = {"memory, growth", "plans with a sequential scan"}
    assert all(figure["value"] > 0 for name, figure in figures.items() if name not in may_be_zero)
    assert figures["pick-up p50"]["value"] <= figures["pick-up p99"]["value"]
    assert figures["lateness p50"]["value"] <= figures["lateness p99"]["value"]


@pytest.mark.timeout(SECONDS)
def test_ratios_are_to_the_limit_beside_them(figures: dict[str, dict[str, Any]]) -> None:
    compared = [figure for figure in figures.values() if figure["raw"]]
    assert len(compared) >= 8
    for figure in compared:
        assert figure["ratio"] == pytest.approx(figure["value"] / figure["raw"], rel=0.02)
    # The waits themselves are the limit, which no implementation exceeds.
    assert figures["10 ms I/O × 50, async"]["ratio"] < 1
    assert figures["10 ms I/O × 50, threads"]["ratio"] < 1


@pytest.mark.timeout(SECONDS)
def test_the_plans_are_those_of_every_hot_verb(found: dict[str, Any]) -> None:
    verbs = {plan["verb"] for plan in found["measures"]["growth"]["details"]}
    assert verbs >= {
        "insert, key taken",
        "claim",
        "record succeeded",
        "resolve key conflicts",
        "redispatch lost",
        "next due",
    }


@pytest.mark.timeout(SECONDS)
def test_memory_was_sampled_to_the_last_job(found: dict[str, Any]) -> None:
    samples = found["measures"]["memory"]["details"]
    assert samples[-1]["jobs_left"] == 0
    assert all(10 < sample["megabytes"] < 1_000 for sample in samples)


@pytest.mark.timeout(SECONDS)
def test_progress_goes_elsewhere(run: "subprocess.CompletedProcess[str]") -> None:
    assert f"{len(MEASURES) - 1}/{len(MEASURES)}" in run.stderr


@pytest.mark.timeout(SECONDS)
@pytest.mark.django_db
def test_nothing_is_left(run: "subprocess.CompletedProcess[str]") -> None:
    [pid] = run.args
    assert f"benchmark_{pid}" not in databases()
    assert redis_keys(int(pid)) == []


@pytest.fixture
def running() -> "Iterator[subprocess.Popen[str]]":
    """A run that would take long."""
    process = benchmark("--only", "memory", "--jobs", "20000")
    yield process
    process.kill()
    process.communicate()


@pytest.mark.django_db
def test_sigterm_leaves_nothing(running: "subprocess.Popen[str]") -> None:
    name = f"benchmark_{running.pid}"
    wait_until(lambda: redis_keys(running.pid), 60, "it never began")
    assert name in databases()

    running.send_signal(signal.SIGTERM)

    assert running.wait(60) == 128 + signal.SIGTERM
    assert name not in databases()
    assert redis_keys(running.pid) == []


def test_production_is_left_alone() -> None:
    production = {"ENVIRONMENT": "production", "SECRET_KEY": "s" * 50, "ALLOWED_HOSTS": "localhost"}
    process = benchmark("--only", "drain", **production)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--yes-really" in errors


def test_production_knows_no_job_type_of_the_benchmark() -> None:
    assert "tools.benchmark" not in settings.INSTALLED_APPS
    assert job_types.find(EMPTY) is None


def test_an_unknown_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse(["--only", "drain,speed"])
    assert refusal.value.code == 2
    assert "choose from drain" in capsys.readouterr().err


def test_the_names_of_the_options_are_those_of_the_measures() -> None:
    assert list(MEASURES) == list(NAMES)


def test_a_median_of_values_and_of_ratios() -> None:
    runs = [[Figure("a", value, "x/s", raw)] for value, raw in ((10, 20), (30, 30), (20, 80))]

    [figure] = medians(runs)

    assert (figure.value, figure.raw, figure.ratio) == (20, 30, 0.5)


def test_a_figure_is_judged_by_value_and_by_ratio() -> None:
    good = Figure("drain, 1 process", 10_000, "jobs/s", 40_000)
    bad = Figure("drain, 1 process", 9_999, "jobs/s", 40_000)

    assert good.verdicts == ["meets ≥ 10,000", "meets ≥ 0.25× raw"]
    assert not good.misses
    assert bad.verdicts == ["misses ≥ 10,000", "misses ≥ 0.25× raw"]
    assert bad.misses


def test_the_table_shows_figure_limit_and_verdict() -> None:
    lines = table([Figure("/addJob", 600, "requests/s", 1_000, "empty")]).splitlines()

    assert lines[0].split() == " ".join(HEADINGS).split()
    assert " ".join(lines[2].split()) == "/addJob 600 requests/s 1,000 empty 0.60 meets ≥ 0.6× raw"
