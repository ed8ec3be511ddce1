"""bin/start as a person uses it: in a fresh clone, twice, and when things go wrong."""

import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from jobs.tests.waiting import wait_until
from tools.tests.processes import processes_in

pytestmark = pytest.mark.timeout(300)

UP_SECONDS = 120


class Start:
    """One bin/start; what it says goes to a file."""

    def __init__(self, checkout: Path, *options: str) -> None:
        self.checkout = checkout
        self._file = checkout.parent / "said"
        with self._file.open("wb") as said:
            self.process = subprocess.Popen(
                [checkout / "bin" / "start", *options],
                cwd="/",
                env={**os.environ, "GUNICORN_CMD_ARGS": ""},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    @property
    def said(self) -> str:
        return self._file.read_text()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.said or self.process.poll() is not None, timeout=UP_SECONDS)
        assert text in self.said, self.said

    def exit_status(self) -> int:
        return self.process.wait(timeout=UP_SECONDS)

    def worker(self) -> int:
        """The process id of one of its workers."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (process / "cmdline").read_bytes()
                here = (process / "cwd").resolve() == self.checkout
                if here and b"runworker" in command:
                    return int(process.name)
        raise AssertionError("no worker")


@pytest.fixture
def started(checkout: Path) -> Iterator[ExitStack]:
    """Ends what a failed test leaves."""
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, checkout: Path, *options: str) -> Start:
    one = Start(checkout, *options)
    stack.callback(one.process.wait)
    stack.callback(one.process.terminate)
    return one


def test_a_fresh_clone_with_the_port_taken(checkout: Path, started: ExitStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        first = start(started, checkout, "--check", "--port", str(port))
        assert first.exit_status() == 0, first.said
    assert f"Port {port} is taken; the API uses " in first.said
    assert len(re.findall(r"password \S+ \(shown only this once\)", first.said)) == 1
    assert not re.findall("^NOT", first.said, re.MULTILINE)
    assert len(re.findall("^ok ", first.said, re.MULTILINE)) == 5
    assert len(list((checkout / ".data" / "mail").glob("*.eml"))) == 20
    assert not processes_in(checkout)
    assert (checkout / ".env").stat().st_mode & 0o077 == 0


def test_a_second_one_a_killed_worker_and_a_third(checkout: Path, started: ExitStack) -> None:
    one = start(started, checkout, "--port", "8100")
    one.wait_for("Submitting sample jobs")

    second = subprocess.run(
        [checkout / "bin" / "start"], capture_output=True, text=True, timeout=UP_SECONDS
    )
    assert second.returncode == 2
    assert f"process {one.process.pid}, http://127.0.0.1:81" in second.stdout

    os.kill(one.worker(), signal.SIGKILL)
    assert one.exit_status() == 1
    assert re.search(r"worker \d ended unexpectedly \(exit status -9\).*\.log ends with:", one.said)
    assert not processes_in(checkout)

    again = start(started, checkout, "--port", "8100", "--workers", "3")
    again.wait_for("Starting the mail sink, the API and 3 workers")
    again.process.send_signal(signal.SIGTERM)
    assert again.exit_status() == 0
    assert not processes_in(checkout)


def test_it_stays_up_until_ctrl_c(checkout: Path, started: ExitStack) -> None:
    one = start(started, checkout, "--port", "8200")
    one.wait_for("Ctrl-C stops everything")
    found = re.search(r"^Admin +(\S+)", one.said, re.MULTILINE)
    assert found is not None
    with urllib.request.urlopen(found[1]) as page:
        assert b"<form" in page.read()
    one.process.send_signal(signal.SIGINT)
    assert one.exit_status() == 0
    assert "Stopped: PostgreSQL." in one.said
    assert not processes_in(checkout)


def test_a_killed_bin_start_leaves_nothing_behind(checkout: Path, started: ExitStack) -> None:
    one = start(started, checkout, "--port", "8300")
    one.wait_for("Submitting sample jobs")
    one.process.kill()
    one.exit_status()
    wait_until(lambda: not processes_in(checkout), timeout=60)


def test_it_is_not_for_production(checkout: Path) -> None:
    (checkout / ".env").write_text("ENVIRONMENT=production\n")
    refused = subprocess.run([checkout / "bin" / "start"], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "set ENVIRONMENT=development" in refused.stdout
    assert not processes_in(checkout)
