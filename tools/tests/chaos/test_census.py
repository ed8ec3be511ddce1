"""What processes hold over hours: what grows is told from what fills up."""

import os
import socket
import subprocess

import pytest

from tools.chaos.census import (
    JUDGED_SECONDS,
    Series,
    broken_by,
    connections_at,
    leaks,
    lines_about,
    private_bytes,
    slope_per_hour,
)

MINUTE = 60.0
HOUR = [number * MINUTE / 4 for number in range(241)]
FILLS = Series(True, [(at, min(90.0, 70.0 + at / 30)) for at in HOUR])
LEAKS = Series(True, [(at, 70.0 + at / 180) for at in HOUR])  # 20 MB an hour


def test_a_slope_is_that_of_the_time_when_all_is_filled() -> None:
    assert slope_per_hour(LEAKS.samples) == pytest.approx(20.0)
    assert slope_per_hour(FILLS.samples) == pytest.approx(0.0)
    assert slope_per_hour([(5.0, 1.0)]) == slope_per_hour([(5.0, 1.0)] * 9) == 0.0


def test_only_what_is_judged_and_has_run_for_long_breaks_a_promise() -> None:
    short = Series(True, [(at, value) for at, value in LEAKS.samples if at < JUDGED_SECONDS])
    memory = {
        "worker-1 (7)": LEAKS,
        "worker-2 (8)": FILLS,
        "worker-3 (9)": short,
        "Valkey (6)": Series(False, LEAKS.samples),
    }
    connections = {"PostgreSQL": LEAKS, "Valkey": FILLS}

    assert broken_by(memory, connections) == [
        "memory of worker-1 (7) grows: +20.0 MB an hour",
        "connections to PostgreSQL grow: +20.0 an hour",
    ]
    said = list(lines_about(memory, connections))
    assert said[0] == "memory of worker-1 (7): 73 -> 80 -> 87 MB (+20.0 an hour)"
    assert said[-1] == "connections to Valkey: 90 -> 90 -> 90 (+0.0 an hour), 90 at most"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([], False), ([10] * 9, False), ([10] * 6 + [12] * 3, False), ([10] * 6 + [13] * 3, True)],
)
def test_a_few_connections_more_are_no_leak(counts: list[float], expected: bool) -> None:
    assert leaks(counts) is expected


def test_connections_are_counted_at_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert connections_at(port) == 0
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            assert connections_at(port) == 1


def test_what_runs_below_a_process_is_counted_with_it() -> None:
    alone = private_bytes(os.getpid())
    with subprocess.Popen(["sleep", "60"]) as child:
        assert private_bytes(child.pid) > 0
        assert private_bytes(os.getpid()) > alone // 2 > 0
        child.kill()
    assert private_bytes(child.pid) == 0
