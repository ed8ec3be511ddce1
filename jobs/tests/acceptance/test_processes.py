"""A process that does not end fails its test; it is not killed, and taken for one that was."""

import os
from pathlib import Path

import pytest

from jobs.tests.acceptance.processes import SIGKILLED, Process

SLEEPS = "print('asleep', flush=True); import time; time.sleep(60)"


def test_a_process_that_does_not_end_fails_the_test(tmp_path: Path) -> None:
    process = Process("sleeper", ["-c", SLEEPS], log=tmp_path / "log", environment=os.environ)
    try:
        process.wait_for("asleep")
        with pytest.raises(AssertionError, match=r"sleeper: not true within 0.1 s: .*asleep"):
            process.wait(0.1)
        assert process.alive
    finally:
        process.end()
    assert process.wait() == SIGKILLED
