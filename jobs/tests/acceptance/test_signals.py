"""Signals that mean "stop", from the first moment of a worker on, and for what handlers start."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.core.states import JobState
from jobs.models import Job, Worker
from jobs.tests.acceptance.processes import Process, Service
from jobs.tests.app.models import Note
from jobs.tests.conftest import Notes
from jobs.tests.factories import make_job
from jobs.tests.waiting import wait_until
from jobs.worker.process.stop_signals import STOP_SIGNALS
from tools.checkout import CHECKOUT

# Reads the process's handlers, as the kernel has them, from its first moment on.
CAUGHT = "SigCgt:"


def catches(pid: int, number: signal.Signals) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    [mask] = [line.split()[1] for line in lines if line.startswith(CAUGHT)]
    return bool(int(mask, 16) >> (number - 1) & 1)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def may_make_namespaces() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    return subprocess.run([unshare, "-pf", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_make_namespaces(), reason="needs the right to make a PID namespace")
def test_process_1_hears_sigterm_while_it_is_loading(service: Service) -> None:
    """The kernel keeps from process 1 each signal that it has no handler for."""
    started = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "manage.py", "runworker"],
        cwd=CHECKOUT,
        env=service.env,
        stderr=subprocess.DEVNULL,
    )
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    wait_until(lambda: children.read_text().split(), every=0.001)
    pid = int(children.read_text().split()[0])
    wait_until(lambda: catches(pid, signal.SIGTERM), every=0.001)
    assert not Worker.objects.exists()
    os.kill(pid, signal.SIGTERM)
    assert started.wait(10) == 0
    assert not Worker.objects.exists()


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_each_signal_that_means_stop_is_heard_while_a_worker_is_loading(
    number: signal.Signals, service: Service
) -> None:
    worker = service.command("early", "runworker")
    # Python itself catches SIGINT; SIGQUIT is the last one of them that the worker does.
    wait_until(lambda: catches(worker.pid, signal.SIGQUIT), every=0.001)
    worker.signal(number)
    assert worker.wait(10) == 0


@pytest.mark.parametrize("number", STOP_SIGNALS)
@pytest.mark.parametrize("processes", [1, 2])
def test_each_signal_that_means_stop_stops_gracefully(
    processes: int, number: signal.Signals, service: Service, notes: Notes
) -> None:
    job = make_job(type="tests.note_once", payload={"text": "running", "seconds": 1.5})
    worker = service.command("worker", "runworker", "--processes", str(processes))
    wait_until(lambda: notes.texts() == ["running"], 30)
    # As a terminal and systemd do: to each process of the group.
    os.killpg(worker.pid, number)
    assert worker.wait(20) == 0
    assert Job.objects.get(id=job.id).state == JobState.SUCCEEDED


def test_a_second_signal_for_a_supervisor_ends_its_workers_at_once(
    service: Service, notes: Notes
) -> None:
    make_job(type="tests.note_once", payload={"text": "long", "seconds": 60})
    supervisor = service.command("pool", "runworker", "--processes", "2")
    wait_until(lambda: notes.texts() == ["long"], 30)
    supervisor.signal(signal.SIGTERM)
    supervisor.wait_for("stopping")
    supervisor.signal(signal.SIGTERM)
    assert supervisor.wait(5) == 130


# What handlers start


Forked = Callable[[], tuple[Process, list[int]]]


@pytest.fixture
def forked(service: Service, notes: Notes, tmp_path: Path) -> Forked:
    """A worker whose handler has left a process behind, and that one a program of its own."""

    def start() -> tuple[Process, list[int]]:
        pids = tmp_path / "pids"
        worker = service.worker("worker")
        make_job(type="tests.fork", payload={"text": str(pids)})
        wait_until(lambda: notes.texts() == ["forked"])
        return worker, [int(one) for one in pids.read_text().split()]

    return start


def test_what_a_handler_forks_can_be_terminated(
    service: Service, notes: Notes, tmp_path: Path
) -> None:
    make_job(type="tests.fork", payload={"text": str(tmp_path / "pids"), "failures": 1})
    service.worker("worker")
    wait_until(lambda: notes.texts() == [str(-signal.SIGTERM)])


def test_what_handlers_started_ends_when_the_worker_stops(
    forked: Forked,
) -> None:
    worker, pids = forked()
    assert all(map(is_alive, pids))
    begun_at = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - begun_at < 15
    assert not any(map(is_alive, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of it")
def test_what_handlers_forked_ends_when_the_worker_is_killed(
    forked: Forked,
) -> None:
    worker, (child, program) = forked()
    worker.kill()
    wait_until(lambda: not is_alive(child), 5)
    os.kill(program, signal.SIGKILL)  # started by `subprocess`: the kernel is not asked to end it


def test_a_fork_that_comes_back_from_its_handler_ends_as_a_program_does(
    service: Service, wait_until_all_final: Callable[[], None]
) -> None:
    """It must not go on as a second worker, on the connections of the first."""
    types = ("tests.fork_and_go_on", "tests.fork_on_the_loop")
    for job_type in types:
        for text in ("returns", "exits", "raises"):
            make_job(type=job_type, payload={"text": text})
    worker = service.worker("worker", "--concurrency", "1")
    wait_until_all_final()
    noted = sorted(Note.objects.values_list("text", flat=True))
    assert noted == sorted(["returns 0", "exits 7", "raises 1"] * len(types))
    rows = Job.objects.values_list("state", "attempt", "errors")
    assert [*rows] == [(JobState.SUCCEEDED, 1, [])] * 3 * len(types)
    assert worker.stop() == 0
    assert not worker.says("had started were ended")
