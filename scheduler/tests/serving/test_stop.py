"""A server stops without waiting for connections that ask for nothing."""

import time
from pathlib import Path

from scheduler.tests.serving.conftest import get, running


def test_idle_connections_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with (
        running(tmp_path, []) as server,
        server.connect() as silent,
        server.connect(get("/health/live")) as kept,
    ):
        assert kept.answer().status == 200
        begun = time.monotonic()
        server.child.stop(30)
        assert time.monotonic() - begun < 15  # gunicorn alone would wait for 20 s
        assert silent.ends()
        assert kept.ends()


def test_a_process_that_has_answered_enough_makes_room_for_the_next(tmp_path: Path) -> None:
    often = ["--max-requests", "3", "--max-requests-jitter", "0"]
    with running(tmp_path, often) as server, server.connect(get("/health/live")) as idle:
        assert idle.answer().status == 200
        for _ in range(9):
            assert server.status("/health/live") == 200
        assert idle.ends()
