"""Other job queues beside this one: turns, what is left out, and one small run without a peer."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.benchmark.against.measures import rate, wait, wal
from tools.benchmark.errors import BenchmarkError
from tools.benchmark.peers import packages
from tools.benchmark.peers.comparison import Comparison
from tools.benchmark.peers.measures import MEASURES, Measure
from tools.benchmark.peers.options import MEASURES as NAMES
from tools.benchmark.peers.options import PEERS as PEER_NAMES
from tools.benchmark.peers.options import parse
from tools.benchmark.peers.report import as_text
from tools.benchmark.peers.rounds import Beside, Effort, measured_in_rounds
from tools.benchmark.peers.system import OURS, PEERS, System
from tools.checkout import CHECKOUT
from tools.errors import ToolError

HERE = CHECKOUT / "tools" / "benchmark" / "peers"


class FakeDriven:
    """A system that does so many jobs a second, and gives up at a turn."""

    def __init__(self, system: System, per_second: float, gives_up_at: int = 99) -> None:
        self.system = system
        self.counts: list[int] = []
        self._per_second = per_second
        self._gives_up_at = gives_up_at

    @contextmanager
    def on_turn(self) -> Iterator[None]:
        yield

    def ask(self, question: str, **parameters: Any) -> Mapping[str, Any]:
        if question == "workers":
            return {}
        self.counts.append(parameters["count"])
        if len(self.counts) == self._gives_up_at:
            raise BenchmarkError("it gave up")
        answer = {
            "seconds": parameters["count"] / self._per_second,
            "p50": 1_000 / self._per_second,
        }
        return answer | ({"wal": 500.0} if self.system is OURS else {})


MEASURE = Measure(
    "drain", [rate("drain", "jobs/s"), wal("WAL"), wait("p50", "p50")], 1_000, 1_000, workers=1
)


def in_rounds(*systems: FakeDriven, rounds: int = 3) -> tuple[dict[str, Beside], list[str]]:
    there: list[Any] = list(systems)
    left: list[str] = []

    def leave_out(one: Any, error: BenchmarkError) -> None:
        there.remove(one)
        left.append(one.system.name)

    found = measured_in_rounds(MEASURE, there, Effort(rounds, turn_seconds=1.0), leave_out)
    return {one.name: one for one in found}, left


def test_each_does_what_it_can_in_one_turn_and_above_one_is_better() -> None:
    ours, peer = FakeDriven(OURS, 20_000), FakeDriven(PEERS[0], 5_000)
    found, left = in_rounds(ours, peer)

    assert (ours.counts, peer.counts) == (
        [1_000, *[20_000] * 4],
        [1_000, *[5_000] * 4],
    )
    assert found["drain"].values == {"ours": 20_000, "graphile": 5_000}
    assert found["drain"].ratios["graphile"].ratio == pytest.approx(4.0)
    assert found["p50"].ratios["graphile"].ratio == pytest.approx(4.0)  # less is better
    assert found["WAL"].values == {"ours": 500}
    assert found["WAL"].ratios == {}
    assert left == []


@pytest.mark.parametrize("turn", [1, 3, 4])
def test_one_that_gives_up_is_left_out_and_the_others_go_on(turn: int) -> None:
    ours = FakeDriven(OURS, 20_000)
    found, left = in_rounds(ours, FakeDriven(PEERS[1], 5_000, turn), FakeDriven(PEERS[2], 4_000))

    assert left == [PEERS[1].name]
    assert set(found["drain"].values) == {"ours", PEERS[2].name}
    assert len(ours.counts) == 5


def test_the_report_names_what_is_left_out_and_what_has_no_figure() -> None:
    found, _ = in_rounds(FakeDriven(OURS, 20_000), FakeDriven(PEERS[0], 5_000))
    comparison = Comparison(
        rounds=3,
        load_before=[0.1],
        versions={"ours": "1.0", "graphile": "0.17"},
        figures=list(found.values()),
        left_out={"Celery": "Traceback\nredis is away"},
    )
    lines = [" ".join(line.split()) for line in as_text(comparison).splitlines()]

    assert "drain jobs/s 20,000 5,000" in lines
    assert "WAL bytes 500 –" in lines  # noqa: RUF001
    assert "drain 4.00 (4.00 to 4.00)" in lines
    assert "Celery is left out: redis is away" in lines


def test_the_names_of_the_options_are_those_of_measures_and_systems() -> None:
    assert list(MEASURES) == list(NAMES)
    assert [system.name for system in PEERS] == list(PEER_NAMES)


@pytest.mark.parametrize("said", ["--only=speed", "--peers=", "--rounds=0", "--count=x"])
def test_what_makes_no_sense_is_refused(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse([said])
    assert refusal.value.code == 2
    assert said.partition("=")[0] in capsys.readouterr().err


@pytest.mark.parametrize("module", ["peers", "phases"])
def test_help_needs_the_standard_library_alone(module: str) -> None:
    command = [sys.executable, "-S", "-m", f"tools.benchmark.{module}.options", "--help"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_their_packages_are_exact_and_not_the_products() -> None:
    lines = [
        line.partition("#")[0].strip() for line in packages.REQUIREMENTS.read_text().splitlines()
    ]
    assert all(re.fullmatch(r"[\w\-\[\]]+==[\w.]+", line) for line in lines if line)
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in locked.items() if "resolved" in package]
    product = (CHECKOUT / "requirements.txt").read_text() + (
        CHECKOUT / "requirements-dev.txt"
    ).read_text()
    assert not re.search(r"^(celery|pgqueuer|procrastinate)\b", product, re.MULTILINE)


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Exit statuses of the installer, first to last; what it is asked is not done."""
    statuses: list[int] = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(command, statuses.pop(0), "no network")

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("venv.create", lambda *_, **__: None)
    return statuses


def test_packages_are_installed_once_and_again_after_a_failure(
    installer: list[int], tmp_path: Path
) -> None:
    installer += [1, 0]
    install = packages.python_with_packages.__wrapped__
    with pytest.raises(ToolError, match="no network"):
        install(tmp_path)
    assert install(tmp_path) == install(tmp_path) == str(tmp_path / "venv" / "bin" / "python")
    assert installer == []


@pytest.mark.timeout(300)
def test_a_run_without_a_peer_that_cannot_be_had(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.benchmark.peers", "--peers", "graphile", "--json"),
            *("--only", "drain,bulk,pickup", "--rounds", "1", "--count", "200"),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "PATH": str(tmp_path)},  # there is no Node.js
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout)
    assert "node is not here" in found["left_out"]["graphile-worker"]
    figures = {one["name"]: one["values"] for one in found["figures"]}
    assert set(figures) == {
        "drain, 1 process",
        "WAL of a drained job",
        "PostgreSQL, left of a finished job",
        "enqueue many",
        "WAL of an enqueued job",
        "pick-up p50",
        "pick-up p99",
    }
    assert all(values["ours"] > 0 for values in figures.values())
