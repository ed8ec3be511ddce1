"""The commands explain themselves in a fresh clone, where nothing is installed yet."""

import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tools.checkout import CHECKOUT

COMMANDS = {
    "start": "tools.development.start_options",
    "test": "tools.development.check_options",
    "chaos": "tools.chaos.options",
    "benchmark": "tools.benchmark.options",
    "check-containers": "tools.check_containers",
    "high-availability": "tools.high_availability.options",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_makes_no_virtual_environment(checkout: Path, command: str, option: str) -> None:
    (checkout / ".venv").unlink()
    done = subprocess.run(
        [checkout / "bin" / command, option], cwd="/", capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: bin/{command} ")
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_the_standard_library_alone(command: str) -> None:
    without_packages = [sys.executable, "-S", "-m", COMMANDS[command], "--help"]
    done = subprocess.run(without_packages, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ODD = [
    *[("start", "--workers", value) for value in ("0", "65", "x", "9" * 30)],
    *[("start", "--port", value) for value in ("0", "65536", "http")],
    *[("chaos", "--jobs", value) for value in ("39", "1000001", "x")],
    *[("chaos", "--workers", value) for value in ("1", "65")],
    *[("chaos", "--minutes", value) for value in ("0", "-1", "nan", "inf", "1e300")],
    *[("check-containers", "--workers", value) for value in ("0", "1001", "x")],
    *[("check-containers", "--timeout", value) for value in ("0", "nan", "inf")],
    *[("benchmark", "--jobs", value) for value in ("0", "-1", "1.5", "9" * 30, "x")],
    *[("benchmark", "--processes", value) for value in ("0", "x")],
]


Refusal = Callable[..., str]


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refusal:
    """What a command says to these options, in this process; it ends with 2."""

    def run(command: str, *options: str) -> str:
        file = CHECKOUT.joinpath(*COMMANDS[command].split(".")).with_suffix(".py")
        monkeypatch.setattr(sys, "argv", [str(file), *options])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(file), run_name="__main__")
        assert ended.value.code == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(("command", "option", "value"), ODD)
def test_a_number_out_of_range_is_refused(
    command: str, option: str, value: str, refusal: Refusal
) -> None:
    assert option in refusal(command, f"{option}={value}").splitlines()[-1]


def test_a_soak_stands_alone(refusal: Refusal) -> None:
    assert "--soak stands alone" in refusal("chaos", "--soak", "--short")


MEASURING = [
    *[("tools.at_size.__main__", one) for one in ("--jobs=0", "--filters=x", "--only=x")],
    *[("tools.capacity.__main__", option) for option in ("--jobs=0", "--finished=-1")],
    *[("tools.contract.__main__", option) for option in ("--cases=0", "--seed=-1")],
    *[("tools.lists.__main__", "--jobs=0"), ("tools.lists.__main__", "--jobs=1.5")],
    *[("tools.restore.__main__", "--jobs=0"), ("tools.development.screenshots", "--jobs=0")],
    *[("tools.check_fire_times", "--years=0"), ("tools.check_fire_times", "Europe/Atlantis")],
]


@pytest.mark.parametrize(("module", "option"), MEASURING, ids=" ".join)
def test_what_measures_refuses_it_before_it_starts_anything(
    module: str, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [module, option])
    with pytest.raises(SystemExit) as ended:
        import_module(module).main()
    assert ended.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err.splitlines()[-1]
