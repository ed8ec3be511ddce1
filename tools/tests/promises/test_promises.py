"""The promises, very small: each way to try one works, and those that are exact are kept.

How soon anything happens must not matter here: the machine is busy with tests.
"""

import os
import subprocess
import sys

import pytest

from tools.checkout import CHECKOUT
from tools.promises.finding import Finding
from tools.promises.options import PROMISES, parse

SECONDS = 300


def promises(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.promises", *arguments],
        cwd=CHECKOUT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_each_promise_is_tried_at_a_small_size() -> None:
    done = promises("--scale", "0.01", "--only", "due,weights,tenant,schedules")
    assert "not tried to their end" not in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 9, done.stderr[-3_000:]
    exact = [line for line in lines if "begins early" in line or "jobs of the others" in line]
    assert len(exact) == 2
    assert all(line.endswith("kept") for line in exact), done.stdout


def test_a_promise_is_kept_within_its_bounds() -> None:
    assert Finding("a", 3.0, "s", 3.0).is_kept
    assert not Finding("a", 3.1, "s", 3.0).is_kept
    assert not Finding("a", 96.0, "%", 103.0, at_least=97.0).is_kept
    assert Finding("a", 100.0, "%", 103.0, at_least=97.0).line.endswith("97 to 103    kept")


def test_what_makes_no_sense_is_refused() -> None:
    assert parse([]).only == list(PROMISES)
    for arguments in (["--only", "x"], ["--scale", "2"], ["--scale", "nan"], ["--scale", "x"]):
        with pytest.raises(SystemExit) as error:
            parse(arguments)
        assert error.value.code == 2
