"""Phases under a steady load: what the log says, what is told of them, and one small run."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from tools.benchmark.phases.options import PHASES as NAMES
from tools.benchmark.phases.options import parse
from tools.benchmark.phases.phases import PHASES
from tools.benchmark.phases.report import as_text, is_of_timer
from tools.benchmark.phases.run import PhaseFigures, SystemRun
from tools.benchmark.phases.servers import SlowStatement, slow_statements
from tools.checkout import CHECKOUT

LOG = """\
|LOG:  database system is ready to accept connections
recorder|LOG:  duration: 31.250 ms  execute job_recorded: UPDATE jobs_job
\tSET state = 'succeeded'
redispatch|LOG:  duration: 24.5 ms  statement:
\t    -- what Redis has lost
\tSELECT id
promote|ERROR:  canceling statement due to user request
"""


def test_the_log_tells_who_was_slow() -> None:
    slow = slow_statements(LOG)
    assert slow == [
        SlowStatement("recorder", 31.25, "UPDATE jobs_job"),
        SlowStatement("redispatch", 24.5, "-- what Redis has lost"),
    ]
    assert [is_of_timer(one) for one in slow] == [False, True]


@pytest.mark.parametrize("session", ["", "slot-3", "fetcher", "MainThread", "producer"])
def test_what_takes_and_runs_jobs_is_no_timer(session: str) -> None:
    assert not is_of_timer(SlowStatement(session, 30.0, ""))


CLEAN = PhaseFigures("clean", "nothing else happens", 10.0, 8_000, 7_900, 4.0, 10.0, 100, 5, 0, 0)
HELD = replace(CLEAN, name="held", what="a transaction is held open", p99=25.0)


def test_the_report_says_what_an_open_transaction_does_to_the_slowest() -> None:
    slow = SlowStatement("redispatch", 24.5, "-- what Redis has lost")
    run = SystemRun("ours", "1.0", [CLEAN, replace(HELD, slow=[slow])], 1.5, 0)
    text = as_text([run], {"Celery": "it was away"})

    assert run.held_ratio == 2.5
    assert "2.50 of that without it (misses ≤ 2)" in text
    assert "24 ms, timer redispatch: -- what Redis has lost" in text
    assert "Celery is left out: it was away" in text
    row = next(line for line in text.splitlines() if line.startswith("clean"))
    assert row.split()[-10:] == ["800", "790", "4.0", "10.0", "100", "5", "0", "0", "0", "0"]


def test_without_both_phases_nothing_is_said_of_it() -> None:
    run = SystemRun("ours", "1.0", [HELD], None, 3)
    assert run.held_ratio is None
    assert "3 jobs had not begun" in as_text([run], {})


def test_the_transaction_is_held_as_long_as_asked_for() -> None:
    assert parse([]).held_seconds == parse([]).seconds
    assert parse(["--full"]).held_seconds == 600
    assert parse(["--full", "--held-seconds", "9"]).held_seconds == 9
    assert list(PHASES) == list(NAMES)


@pytest.mark.timeout(300)
def test_a_crash_of_postgresql_loses_no_job() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.benchmark.phases", "--only", "held,restart", "--json"),
            *("--seconds", "1", "--rate", "50", "--workers", "1"),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    [ours] = json.loads(done.stdout)["systems"]
    assert [phase["name"] for phase in ours["phases"]] == ["held", "restart"]
    assert ours["phases"][0]["begun"] > 0
    assert ours["left"] == 0
